#include "pricing/cost/cost.h"

#include "pricing/cost/detail/rates.h"
#include "pricing/cost/detail/usage_leaves.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace pulse::pricing {
namespace {

using detail::Factor;
using detail::Rate;
using detail::RateOrigin;

/// What is to be said about a cost, one bit each, with the status that it brings.
constexpr unsigned kRemarkUnknownModel = 1;
constexpr unsigned kRemarkUnpricedClass = 2;
constexpr unsigned kRemarkBatchHalf = 4;
constexpr unsigned kRemarkTierMissing = 8;
constexpr unsigned kRemarkInconsistent = 16;
struct RemarkRow {
    unsigned bit = 0;
    CostStatus status = CostStatus::exact;
    std::string_view word;
};
constexpr std::array<RemarkRow, 5> kRemarks{{
    {kRemarkUnknownModel, CostStatus::estimated, "unknown_model"},
    {kRemarkUnpricedClass, CostStatus::unpriced, "unpriced_class"},
    {kRemarkBatchHalf, CostStatus::derived, "batch_price_derived"},
    {kRemarkTierMissing, CostStatus::derived, "tier_price_missing"},
    {kRemarkInconsistent, CostStatus::derived, "inconsistent_usage"},
}};

Factor factor_of(RateOrigin origin, bool unknown_model) {
    Factor factor = unknown_model ? detail::kUnknownModel : Factor{};
    if (origin == RateOrigin::half_of_standard) {
        factor.denominator *= 2;
    }
    return factor;
}

CostLine line_of(const detail::Leaf& leaf, const Rate& rate, const Factor& factor) {
    const auto cost = multiply(
        {.quantity = leaf.quantity,
         .amount_pico = rate.price->amount_pico,
         .per = rate.price->per,
         .numerator = factor.numerator,
         .denominator = factor.denominator},
        Rounding::half_up);
    return {leaf.price_class, leaf.quantity, rate.price->amount_pico, rate.price->per, cost};
}

/// So that a line's own numbers multiply to its cost: the effective price, in lowest terms.
void apply(const Factor& factor, CostLine& line) {
    if (factor.numerator == 1 && factor.denominator == 1) {
        return;
    }
    const auto amount = line.amount_pico * factor.numerator;
    const auto per = line.per * factor.denominator;
    const auto shared = std::gcd(amount, per);
    line.amount_pico = amount / shared;
    line.per = per / shared;
}

/// The one way from a call to its lines: `sink(line, factor)` gets each. Returns what is to be
/// remarked.
template <class Sink>
unsigned walk(const Call& call, Sink&& sink) {
    const detail::UsageLeaves usage{call.usage};
    const bool unknown = call.found.model == nullptr;
    const auto* model = unknown ? call.found.reference : call.found.model;
    unsigned remarks =
        (usage.inconsistent() ? kRemarkInconsistent : 0U) | (unknown ? kRemarkUnknownModel : 0U);
    if (model == nullptr) {
        return remarks | kRemarkUnpricedClass;
    }
    const detail::Rates rates{
        *model, {.tier = call.tier, .at = call.at, .input_total = usage.input_total()}};
    const auto bill = [&](const detail::Leaf& leaf, const Rate& rate) {
        const auto factor = factor_of(rate.origin, unknown);
        remarks |= rate.origin == RateOrigin::half_of_standard ? kRemarkBatchHalf : 0U;
        remarks |= rate.origin == RateOrigin::standard ? kRemarkTierMissing : 0U;
        sink(line_of(leaf, rate, factor), factor);
    };
    for (const auto& leaf : usage.leaves()) {
        if (const auto rate = rates.of(leaf.price_class)) {
            bill(leaf, *rate);
        } else {
            remarks |= kRemarkUnpricedClass;
        }
    }
    if (const auto rate = rates.of(PriceClass::request)) {
        bill({PriceClass::request, 1}, *rate);
    }
    return remarks;
}

CostStatus status_of(unsigned remarks, Match match) {
    auto status = match == Match::derived ? CostStatus::derived : CostStatus::exact;
    for (const auto& row : kRemarks) {
        if ((remarks & row.bit) != 0) {
            status = std::max(status, row.status);
        }
    }
    return status;
}

}  // namespace

std::string_view to_string(CostStatus status) {
    constexpr std::array<std::string_view, 4> kNames{"exact", "derived", "estimated", "unpriced"};
    return kNames.at(static_cast<std::size_t>(status));
}

Cost cost_of(const Call& call) {
    Cost cost;
    const auto remarks = walk(call, [&cost](CostLine line, const Factor& factor) {
        cost.total += line.cost;
        apply(factor, line);
        cost.lines.push_back(line);
    });
    cost.status = status_of(remarks, call.found.match);
    for (const auto& row : kRemarks) {
        if ((remarks & row.bit) != 0) {
            cost.warnings.push_back(row.word);
        }
    }
    return cost;
}

CostTotal total_cost_of(const Call& call) {
    CostTotal cost;
    const auto remarks =
        walk(call, [&cost](const CostLine& line, const Factor&) { cost.total += line.cost; });
    cost.status = status_of(remarks, call.found.match);
    return cost;
}

}  // namespace pulse::pricing
