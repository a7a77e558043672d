#include "storage/queries/change.h"

#include "base/assert.h"

namespace pulse::storage {
namespace {

/// `of` ÷ `by` to the nearest, ties away from zero; by > 0.
[[nodiscard]] Int128 divide(Int128 of, Int128 by) {
    const Int128 quotient = of / by;
    const Int128 rest = of % by;
    const Int128 size = rest < 0 ? -rest : rest;
    if (size < by - size) {
        return quotient;
    }
    return of < 0 ? quotient - 1 : quotient + 1;
}

}  // namespace

std::optional<std::string> percent_of(Money part, Money whole) {
    if (whole.is_zero()) {
        return std::nullopt;
    }
    constexpr Int128 kHundredths = 10'000;
    const bool is_negative = part.pico() < 0;
    Int128 top = is_negative ? -part.pico() : part.pico();
    Int128 bottom = whole.pico() < 0 ? -whole.pico() : whole.pico();
    Int128 scaled = 0;
    // Amounts of more than 10²² units: the digits dropped are far behind the second place.
    while (__builtin_mul_overflow(top, kHundredths, &scaled)) {
        top /= 10;
        bottom = bottom < 10 ? 1 : bottom / 10;
    }
    const Int128 hundredths = divide(scaled, bottom);
    constexpr std::int64_t kPicoPerHundredth = 10'000'000'000;
    Int128 pico = 0;
    if (__builtin_mul_overflow(hundredths, Int128{kPicoPerHundredth}, &pico)) {
        return std::nullopt;  // a percentage beyond 10²⁶ says nothing
    }
    std::string text = Money::from_pico(is_negative ? -pico : pico).to_string();
    const std::size_t point = text.find('.');
    if (point == std::string::npos) {
        return text + ".00";
    }
    text.resize(point + 3, '0');
    return text;
}

Change change_between(Money before, Money now) {
    const Money delta = now - before;
    return {delta, percent_of(delta, before)};
}

Money scale(Money amount, std::int64_t numerator, std::int64_t denominator) {
    PULSE_ASSERT(numerator >= 0 && denominator > 0);
    const Int128 by = denominator;
    const Int128 whole = amount.pico() / by;
    Int128 scaled = 0;
    PULSE_ASSERT(!__builtin_mul_overflow(whole, Int128{numerator}, &scaled));
    return Money::from_pico(scaled) +
           Money::from_pico(divide(amount.pico() % by * Int128{numerator}, by));
}

}  // namespace pulse::storage
