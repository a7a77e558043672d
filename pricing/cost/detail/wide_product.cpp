#include "pricing/cost/detail/wide_product.h"

#include "base/assert.h"

#include <boost/multiprecision/cpp_int.hpp>

namespace pulse::pricing::detail {
namespace {

using boost::multiprecision::int512_t;

/// Both ≥ 0, denominator > 0.
template <class Integer>
Integer rounded_quotient(const Integer& numerator, const Integer& denominator, Rounding rounding) {
    const Integer quotient = numerator / denominator;
    const Integer rest = numerator - quotient * denominator;
    const bool up = rounding == Rounding::ceil ? rest != 0 : rest >= denominator - rest;
    return up ? Integer{quotient + 1} : quotient;
}

Money in_512_bits(const CostLine& line, Int128 denominator, Rounding rounding) {
    const int512_t numerator = int512_t{line.quantity} * line.amount_pico * line.factor.numerator;
    const auto high = static_cast<std::int64_t>(denominator >> 62);
    const auto low = static_cast<std::int64_t>(denominator & ((Int128{1} << 62) - 1));
    const int512_t divisor = (int512_t{high} << 62) + low;
    const int512_t pico = rounded_quotient(numerator, divisor, rounding);
    PULSE_ASSERT(pico < (int512_t{1} << 126));
    const int512_t mask = (int512_t{1} << 63) - 1;
    const auto upper = static_cast<std::int64_t>(int512_t{pico >> 63});
    const auto lower = static_cast<std::int64_t>(int512_t{pico & mask});
    return Money::from_pico((Int128{upper} << 63) + lower);
}

}  // namespace

Money multiply_wide(const CostLine& line, Rounding rounding) {
    const Int128 denominator = Int128{line.per} * line.factor.denominator * line.divisor;
    Int128 numerator = Int128{line.quantity} * line.amount_pico;
    if (__builtin_mul_overflow(numerator, Int128{line.factor.numerator}, &numerator)) {
        return in_512_bits(line, denominator, rounding);
    }
    return Money::from_pico(rounded_quotient(numerator, denominator, rounding));
}

}  // namespace pulse::pricing::detail
