#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "base/usage.h"
#include "pricing/catalog/catalog.h"
#include "pricing/catalog/price_override.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::pricing {

/// How far a cost can be trusted (contract: x-pulse-cost-status). Order is part of the spool's
/// format.
enum class CostStatus : std::uint8_t { exact, derived, estimated, unpriced };
[[nodiscard]] std::string_view to_string(CostStatus status);

/// Something that was used and is no part of Usage: seconds, images, characters, … `quantity` ÷
/// `divisor` units of the class (12.5 seconds: 125 ÷ 10).
struct Quantity {
    PriceClass price_class = PriceClass::request;
    std::int64_t quantity = 0;
    std::int64_t divisor = 1;
};

/// cost = quantity ÷ divisor × amount_pico ÷ per × factor, rounded once.
struct CostLine {
    PriceClass price_class = PriceClass::input;  ///< of what was used
    std::int64_t quantity = 0;
    std::int64_t divisor = 1;
    std::int64_t amount_pico = 0;
    std::int64_t per = 1;
    Factor factor{};
    const Price* price = nullptr;  ///< the catalogue's; null when an override states the amount
    Money cost{};
};

/// The line's amount; half_up is its cost.
[[nodiscard]] Money amount_of(const CostLine& line, Rounding rounding);

struct Cost {
    Money total{};  ///< the sum of the rounded lines, USD
    CostStatus status = CostStatus::exact;
    std::vector<CostLine> lines;
    std::vector<std::string_view>
        warnings;  ///< static words: "unknown_model", "tier_price_missing", …
};

/// A call to be priced. `found` comes from Catalog::find for the served model (else the requested
/// one). Borrows what it points to.
struct Call {
    Found found{};
    Usage usage{};
    ServiceTier tier = ServiceTier::standard;  ///< the one that served the call
    TimePoint at{};
    std::span<const Quantity> extra{};  ///< beside `usage`; at most kExtraMax count
    std::string_view region{};          ///< where it was served; empty: the name's, else not known
    std::string_view deployment{};      ///< "global", "datazone", "regional"; empty: not known
    Factor discount{};                  ///< of all lines; 3/4 takes a quarter off
    const OverrideSet* overrides = nullptr;
    Subject subject{};  ///< for `overrides`
};
inline constexpr std::size_t kExtraMax = 64;

/// What a call costs: the one function for streams, buffered answers, re-rating and the command
/// line. Each line is rounded once, half-up. A model without a price costs 1.2 × its reference,
/// flagged; nothing is silently free.
[[nodiscard]] Cost cost_of(const Call& call);

/// The same without the lines, for the request path: no allocation. Equal to cost_of(call).total
/// and .status.
struct CostTotal {
    Money total{};
    CostStatus status = CostStatus::exact;
    bool is_price_missing = false;  ///< the model is not known, or something used has no price
};
[[nodiscard]] CostTotal total_cost_of(const Call& call);

/// An upper bound of what a call may cost: `input_tokens_max` at the dearest input price plus
/// `output_tokens_max` × `answers` at the dearest output price, over all size tiers that it could
/// reach. Rounded up. A discount is not counted on, a multiplier above 1 is.
struct Ceiling {
    Found found{};
    std::int64_t input_tokens_max = 0;
    std::int64_t output_tokens_max = 0;
    std::int64_t answers = 1;
    ServiceTier tier = ServiceTier::standard;
    TimePoint at{};
    std::string_view region{};
    std::string_view deployment{};
    const OverrideSet* overrides = nullptr;
    Subject subject{};
};
[[nodiscard]] Money ceiling_of(const Ceiling& ceiling);

/// Its inverse in the output: the largest number of output tokens an answer, up to
/// `ceiling.output_tokens_max`, with which ceiling_of() is at most `affordable`. None where not
/// even an answer without a token is.
[[nodiscard]] std::optional<std::int64_t> output_tokens_within(Ceiling ceiling, Money affordable);

}  // namespace pulse::pricing
