#include "pricing/cost/cost.h"

#include "pricing/cost/detail/rates.h"
#include "pricing/cost/detail/usage_leaves.h"
#include "pricing/cost/detail/wide_product.h"

#include <algorithm>
#include <array>

namespace pulse::pricing {
namespace {

using detail::Rate;
using detail::RateOrigin;

/// What is to be said about a cost, one bit each, with the status that it brings.
constexpr unsigned kRemarkUnknownModel = 1;
constexpr unsigned kRemarkUnpricedClass = 2;
constexpr unsigned kRemarkBatchHalf = 4;
constexpr unsigned kRemarkTierMissing = 8;
constexpr unsigned kRemarkInconsistent = 16;
constexpr unsigned kRemarkRegional = 32;
constexpr unsigned kRemarkOtherProvider = 64;
constexpr unsigned kRemarkFreeVariant = 128;
constexpr unsigned kRemarkAssumed = 256;
struct RemarkRow {
    unsigned bit = 0;
    CostStatus status = CostStatus::exact;
    std::string_view word;
};
constexpr std::array<RemarkRow, 9> kRemarks{{
    {kRemarkUnknownModel, CostStatus::estimated, "unknown_model"},
    {kRemarkUnpricedClass, CostStatus::unpriced, "unpriced_class"},
    {kRemarkBatchHalf, CostStatus::derived, "batch_price_derived"},
    {kRemarkTierMissing, CostStatus::derived, "tier_price_missing"},
    {kRemarkInconsistent, CostStatus::derived, "inconsistent_usage"},
    {kRemarkRegional, CostStatus::derived, "regional_uplift_assumed"},
    {kRemarkOtherProvider, CostStatus::derived, "price_of_another_provider"},
    {kRemarkFreeVariant, CostStatus::exact, "free_variant"},
    {kRemarkAssumed, CostStatus::derived, "price_assumed"},
}};

unsigned remark_of(Remark remark) {
    switch (remark) {
        case Remark::none:
            break;
        case Remark::regional_uplift_assumed:
            return kRemarkRegional;
        case Remark::free_variant:
            return kRemarkFreeVariant;
        case Remark::provider_fallback:
            return kRemarkOtherProvider;
    }
    return 0;
}

/// Input that `usage` does not count and that decides the size tier all the same.
bool is_input(PriceClass price_class) {
    return price_class == PriceClass::cache_read_image ||
           price_class == PriceClass::cache_write_audio;
}

/// One call on its way to lines: `sink(line)` gets each.
template <class Sink>
class Walk {
public:
    Walk(const Call& call, Sink& sink)
        : call_(call),
          sink_(sink),
          usage_(call.usage),
          extra_(call.extra.first(std::min(call.extra.size(), kExtraMax))) {}

    /// Returns what is to be remarked.
    unsigned run() {
        const bool unknown = call_.found.model == nullptr;
        const auto* model = unknown ? call_.found.reference : call_.found.model;
        remarks_ = remark_of(call_.found.remark) | (unknown ? kRemarkUnknownModel : 0U) |
                   (usage_.inconsistent() ? kRemarkInconsistent : 0U) |
                   (call_.extra.size() > kExtraMax ? kRemarkUnpricedClass : 0U);
        if (model == nullptr) {
            return remarks_ | kRemarkUnpricedClass;
        }
        factor_ = call_.found.factor * call_.discount;
        if (unknown) {
            factor_ = factor_ * detail::kUnknownModel;
        }
        const detail::Rates rates{
            *model,
            {.tier = call_.tier,
             .at = call_.at,
             .input_total = input_total(),
             .region = call_.region.empty() ? call_.found.region : call_.region,
             .deployment = call_.deployment}};
        bill_all(rates);
        return remarks_;
    }

private:
    std::int64_t input_total() const {
        std::int64_t total = usage_.input_total();
        for (const auto& entry : extra_) {
            total += is_input(entry.price_class) ? bounded(entry.quantity) / entry.divisor : 0;
        }
        return total;
    }

    static std::int64_t bounded(std::int64_t quantity) {
        return std::clamp<std::int64_t>(quantity, 0, detail::UsageLeaves::kQuantityMax);
    }

    void bill_all(const detail::Rates& rates) {
        for (const auto& leaf : usage_.leaves()) {
            bill_or_remark({leaf.price_class, leaf.quantity, 1}, rates);
        }
        bool has_request = false;
        for (const auto& entry : extra_) {
            has_request = has_request || entry.price_class == PriceClass::request;
            if (bounded(entry.quantity) != entry.quantity) {
                remarks_ |= kRemarkInconsistent;
            }
            if (entry.quantity > 0) {
                bill_or_remark({entry.price_class, bounded(entry.quantity), entry.divisor}, rates);
            }
        }
        if (const auto rate = rates.of(PriceClass::request); rate && !has_request) {
            bill({PriceClass::request, 1, 1}, *rate);
        }
    }

    void bill_or_remark(const Quantity& used, const detail::Rates& rates) {
        if (const auto rate = rates.of(used.price_class)) {
            bill(used, *rate);
        } else if (!agreed(used)) {
            remarks_ |= kRemarkUnpricedClass;
        }
    }

    const PriceOverride* override_of(const Quantity& used) const {
        return call_.overrides == nullptr
                   ? nullptr
                   : call_.overrides->pick(call_.subject, used.price_class, call_.tier, call_.at);
    }

    /// An agreed amount gives a price to a class that has none in the catalogue.
    bool agreed(const Quantity& used) {
        const auto* own = override_of(used);
        if (own == nullptr || !own->amount) {
            return false;
        }
        add(used, own->amount->amount_pico, own->amount->per, call_.discount, nullptr);
        return true;
    }

    void bill(const Quantity& used, const Rate& rate) {
        const auto* own = override_of(used);
        if (own != nullptr && own->amount) {
            add(used, own->amount->amount_pico, own->amount->per, call_.discount, nullptr);
            return;
        }
        auto factor = own == nullptr ? factor_ : factor_ * own->factor;
        if (rate.origin == RateOrigin::half_of_standard) {
            factor = factor * Factor{1, 2};
            remarks_ |= kRemarkBatchHalf;
        }
        remarks_ |= rate.origin == RateOrigin::standard ? kRemarkTierMissing : 0U;
        remarks_ |= rate.price->confidence == Confidence::assumed ? kRemarkAssumed : 0U;
        add(used, rate.price->amount_pico, rate.price->per, factor, rate.price);
    }

    void add(
        const Quantity& used,
        std::int64_t amount_pico,
        std::int64_t per,
        const Factor& factor,
        const Price* price) {
        CostLine line{
            .price_class = used.price_class,
            .quantity = used.quantity,
            .divisor = used.divisor,
            .amount_pico = amount_pico,
            .per = per,
            .factor = factor,
            .price = price};
        line.cost = amount_of(line, Rounding::half_up);
        sink_(line);
    }

    const Call& call_;
    Sink& sink_;
    detail::UsageLeaves usage_;
    std::span<const Quantity> extra_;
    Factor factor_{};
    unsigned remarks_ = 0;
};

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

Money amount_of(const CostLine& line, Rounding rounding) {
    if (line.factor == Factor{} && line.divisor == 1) {
        return multiply(
            {.quantity = line.quantity, .amount_pico = line.amount_pico, .per = line.per},
            rounding);
    }
    return detail::multiply_wide(line, rounding);
}

Cost cost_of(const Call& call) {
    Cost cost;
    auto sink = [&cost](const CostLine& line) {
        cost.total += line.cost;
        cost.lines.push_back(line);
    };
    const auto remarks = Walk{call, sink}.run();
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
    auto sink = [&cost](const CostLine& line) {
        cost.total += line.cost;
    };
    const auto remarks = Walk{call, sink}.run();
    cost.status = status_of(remarks, call.found.match);
    cost.is_price_missing = (remarks & (kRemarkUnknownModel | kRemarkUnpricedClass)) != 0;
    return cost;
}

}  // namespace pulse::pricing
