#pragma once

#include "base/error.h"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace pulse {

__extension__ using Int128 = __int128;

/// How a quotient that is no whole number of 10⁻¹² becomes one.
enum class Rounding : std::uint8_t {
    half_up,  ///< a cost line: to the nearest, ties away from zero
    ceil,     ///< a reservation: never below the exact value
};

/// An exact amount of some currency in units of 10⁻¹² ("pico"). The currency stands beside it, not
/// in it: Pulse computes in USD. Range ±1.7·10²⁶ units; sums and products are checked and end the
/// process on overflow, because a wrapped amount is worse than a stop. Value; not thread-safe.
class Money {
public:
    constexpr Money() = default;
    [[nodiscard]] static constexpr Money from_pico(Int128 pico) { return Money{pico}; }

    /// Decimal text such as "12.5", "-0.000001", "1e-7". Errors: invalid_request when it is no
    /// decimal number, or has a digit beyond 10⁻¹² that is not zero, or does not fit.
    [[nodiscard]] static Result<Money> parse(std::string_view text);

    [[nodiscard]] constexpr Int128 pico() const { return pico_; }
    [[nodiscard]] constexpr bool is_zero() const { return pico_ == 0; }

    /// Shortest exact decimal text: "0", "0.000018", "-1.5". At most 41 characters.
    [[nodiscard]] std::string to_string() const;
    void append_to(std::string& out) const;

    Money& operator+=(Money other);
    Money& operator-=(Money other);
    friend Money operator+(Money a, Money b) { return a += b; }
    friend Money operator-(Money a, Money b) { return a -= b; }
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 takes the comparison's 0 for a pointer.
    friend constexpr auto operator<=>(Money, Money) = default;
    friend constexpr bool operator==(Money, Money) = default;

private:
    explicit constexpr Money(Int128 pico) : pico_(pico) {}
    Int128 pico_ = 0;
};

/// `quantity × amount ÷ per × numerator ÷ denominator`, exact until one rounding at the end.
/// `per`, `denominator` > 0. One function for every price line, so that all paths agree to the last
/// digit.
struct Product {
    std::int64_t quantity = 0;
    std::int64_t amount_pico = 0;
    std::int64_t per = 1;
    std::int64_t numerator = 1;
    std::int64_t denominator = 1;
};
[[nodiscard]] Money multiply(const Product& product, Rounding rounding);

}  // namespace pulse
