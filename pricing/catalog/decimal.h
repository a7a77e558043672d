#pragma once

#include "base/error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::pricing {

/// A factor, exactly. Bounds: 0 ≤ numerator ≤ kFactorMax, 1 ≤ denominator ≤ kFactorMax, in lowest
/// terms when made by the functions here. Value.
struct Factor {
    std::int64_t numerator = 1;
    std::int64_t denominator = 1;
    friend bool operator==(const Factor&, const Factor&) = default;
};
inline constexpr std::int64_t kFactorMax = 1'000'000'000'000;

/// a × b in lowest terms. A product beyond kFactorMax is rounded up to 10⁻⁶ and cut there: no
/// configured discount comes near it.
[[nodiscard]] Factor operator*(const Factor& a, const Factor& b);

/// "1.1" → 11/10, "0.333" → 333/1000. Errors: invalid_request when it is no decimal number, is
/// negative or needs more than 9 digits on either side of the point.
[[nodiscard]] Result<Factor> parse_factor(std::string_view text);

/// The same, and "2/3": whole numbers of up to 9 digits, the second one not 0.
[[nodiscard]] Result<Factor> parse_multiplier(std::string_view text);

/// What parse_multiplier() reads: a decimal where there is one of 9 digits, else a fraction.
[[nodiscard]] std::string multiplier_text(const Factor& factor);

/// What is left of 1: the factor of a discount. Errors: as parse_factor, and above 1.
[[nodiscard]] Result<Factor> parse_discount(std::string_view text);

/// How many picodollars for how many units.
struct Amount {
    std::int64_t amount_pico = 0;
    std::int64_t per = 1;
    bool denoised = false;  ///< the text had more significant digits than count
    friend bool operator==(const Amount&, const Amount&) = default;
};

/// Digits that count in upstream's prices. What stands behind them is noise of the binary floats
/// that a maintainer computed with (0.00000100000000000000015).
inline constexpr int kSignificantDigits = 12;

/// The exact price of a decimal text in USD for `units` units, written for `per` units or, where
/// that is no whole number of picodollars, for the next larger `per` × 10ⁿ that makes it whole.
/// Errors: corrupt_input "is no number", "is negative", "is too large", "is finer than can be
/// stored".
[[nodiscard]] Result<Amount> parse_amount(
    std::string_view usd, std::int64_t units, std::int64_t per);

/// A whole number written in any way: "256000.0", "2.56e5". Empty when it is none or beyond int64.
[[nodiscard]] std::optional<std::int64_t> parse_whole(std::string_view text);

/// A decimal number as a fraction, for quantities such as 12.5 seconds: up to 6 digits behind the
/// point. Empty when it is no such number, negative, or beyond 2⁵⁰.
[[nodiscard]] std::optional<Factor> parse_quantity(std::string_view text);

}  // namespace pulse::pricing
