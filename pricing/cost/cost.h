#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "base/usage.h"
#include "pricing/catalog/catalog.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::pricing {

/// How far a cost can be trusted (contract: x-pulse-cost-status). Order is part of the spool's
/// format.
enum class CostStatus : std::uint8_t { exact, derived, estimated, unpriced };
[[nodiscard]] std::string_view to_string(CostStatus status);

struct CostLine {
    PriceClass price_class = PriceClass::input;
    std::int64_t quantity = 0;
    std::int64_t amount_pico = 0;
    std::int64_t per = 1;
    Money cost{};
};

struct Cost {
    Money total{};  ///< the sum of the rounded lines, USD
    CostStatus status = CostStatus::exact;
    std::vector<CostLine> lines;
    std::vector<std::string_view>
        warnings;  ///< static words: "unknown_model", "tier_price_missing", …
};

/// A call to be priced. `found` comes from Catalog::find for the served model (else the requested
/// one).
struct Call {
    Found found{};
    Usage usage{};
    ServiceTier tier = ServiceTier::standard;
    TimePoint at{};
};

/// What a call costs: the one function for streams, buffered answers, re-rating and the command
/// line. Each line is rounded once, half-up. A model without a price costs 1.2 × its reference,
/// flagged; nothing is silently free.
[[nodiscard]] Cost cost_of(const Call& call);

/// The same without the lines, for the request path: no allocation. Equal to cost_of(call).total
/// and .status.
struct CostTotal {
    Money total{};
    CostStatus status = CostStatus::exact;
};
[[nodiscard]] CostTotal total_cost_of(const Call& call);

/// An upper bound of what a call may cost: `input_tokens_max` at the dearest input price plus
/// `output_tokens_max` × `answers` at the dearest output price, over all size tiers that it could
/// reach. Rounded up.
struct Ceiling {
    Found found{};
    std::int64_t input_tokens_max = 0;
    std::int64_t output_tokens_max = 0;
    std::int64_t answers = 1;
    ServiceTier tier = ServiceTier::standard;
    TimePoint at{};
};
[[nodiscard]] Money ceiling_of(const Ceiling& ceiling);

}  // namespace pulse::pricing
