#pragma once

#include "base/money.h"

#include <cstdint>
#include <optional>
#include <string>

/// Exact arithmetic on amounts for pages: shares, changes, run rates. Pure.
namespace pulse::storage {

/// `part` as a percentage of the size of `whole`, with two places, rounded half-up (ties away from
/// zero): "12.35", "-0.01". None where `whole` is zero.
[[nodiscard]] std::optional<std::string> percent_of(Money part, Money whole);

/// How an amount differs from an earlier one.
struct Change {
    Money delta;                         ///< now minus before
    std::optional<std::string> percent;  ///< of `before`; none where that was zero
    friend bool operator==(const Change&, const Change&) = default;
};
[[nodiscard]] Change change_between(Money before, Money now);

/// `amount × numerator ÷ denominator`, rounded once, half-up. Needs numerator >= 0, denominator >
/// 0.
[[nodiscard]] Money scale(Money amount, std::int64_t numerator, std::int64_t denominator);

}  // namespace pulse::storage
