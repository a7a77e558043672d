#include "pricing/cost/detail/rates.h"

#include <array>
#include <chrono>

namespace pulse::pricing::detail {
namespace {

constexpr std::size_t index_of(PriceClass price_class) {
    return static_cast<std::size_t>(price_class);
}

/// The classes whose prices count where a class has none, in order; the end of a chain is the
/// class itself. Source: docs/formats/catalogue.md §Classes.
struct Chain {
    PriceClass price_class;
    std::array<PriceClass, 3> next;
};
using enum PriceClass;
constexpr std::array kChains{
    Chain{cache_read, {input, input, input}},
    Chain{cache_write_5m, {input, input, input}},
    Chain{cache_write_1h, {cache_write_5m, input, input}},
    Chain{input_audio, {input, input, input}},
    Chain{input_image, {input, input, input}},
    Chain{input_video, {input, input, input}},
    Chain{cache_read_audio, {cache_read, input_audio, input}},
    Chain{cache_read_image, {cache_read, input_image, input}},
    Chain{cache_write_audio, {cache_write_5m, input_audio, input}},
    Chain{output_reasoning, {output, output, output}},
    Chain{output_audio, {output, output, output}},
    Chain{output_image, {output, output, output}},
    Chain{output_video, {output, output, output}},
    Chain{web_search_low, {web_search, web_search, web_search}},
    Chain{web_search_high, {web_search, web_search, web_search}},
    Chain{image, {image_input, image_input, image_input}},
    Chain{page_annotated, {page, page, page}},
};

constexpr std::array<std::array<PriceClass, 3>, kPriceClasses> make_fallbacks() {
    std::array<std::array<PriceClass, 3>, kPriceClasses> out{};
    for (std::size_t i = 0; i < kPriceClasses; ++i) {
        const auto self = static_cast<PriceClass>(i);
        out[i] = {self, self, self};
    }
    for (const auto& chain : kChains) {
        out[index_of(chain.price_class)] = chain.next;
    }
    return out;
}
constexpr auto kFallbacks = make_fallbacks();

bool in_hours(const DayHours& hours, TimePoint at) {
    const auto since_midnight = at - std::chrono::floor<std::chrono::days>(at);
    if (hours.from <= hours.to) {
        return since_midnight >= hours.from && since_midnight < hours.to;
    }
    return since_midnight >= hours.from || since_midnight < hours.to;
}

/// How closely a price that holds says where it holds.
int closeness(const Price& price) {
    return (price.region.empty() ? 0 : 2) + (price.deployment.empty() ? 0 : 1);
}

/// Among prices that hold at once: the one of this place, then the highest size tier, then the one
/// for these hours, then the younger one, then the one that is listed later.
bool wins(const Price& a, const Price* b) {
    if (b == nullptr) {
        return true;
    }
    if (const int difference = closeness(a) - closeness(*b); difference != 0) {
        return difference > 0;
    }
    if (threshold_of(a) != threshold_of(*b)) {
        return threshold_of(a) > threshold_of(*b);
    }
    if (a.hours.has_value() != b->hours.has_value()) {
        return a.hours.has_value();
    }
    return a.valid_from.value_or(TimePoint::min()) >= b->valid_from.value_or(TimePoint::min());
}

/// Whether a tier's own price counts beside the standard one: not where that is closer to the
/// place or of a larger size. Where two of these apply and no price is listed for both, place
/// counts before size, and size before service tier.
bool counts_beside(const Price& served, const Price& standard) {
    if (const int difference = closeness(served) - closeness(standard); difference != 0) {
        return difference > 0;
    }
    return threshold_of(served) >= threshold_of(standard);
}

}  // namespace

bool holds(const Price& price, const RateAsk& ask) {
    return (!price.valid_from || *price.valid_from <= ask.at) &&
           (!price.valid_to || ask.at < *price.valid_to) &&
           (!price.hours || in_hours(*price.hours, ask.at)) &&
           (price.region.empty() || price.region == ask.region) &&
           (price.deployment.empty() || price.deployment == ask.deployment);
}

std::int64_t threshold_of(const Price& price) {
    return price.min_input + (price.min_input_inclusive ? 0 : 1);
}

Rates::Rates(const Model& model, const RateAsk& ask) : tier_(ask.tier) {
    for (const auto& price : model.prices) {
        const bool standard = price.tier == ServiceTier::standard;
        if ((!standard && price.tier != tier_) || threshold_of(price) > ask.input_total ||
            !holds(price, ask)) {
            continue;
        }
        auto& slot = (standard ? standard_ : served_)[index_of(price.price_class)];
        if (wins(price, slot)) {
            slot = &price;
        }
    }
}

std::optional<Rate> Rates::own(PriceClass price_class) const {
    const auto* standard = standard_[index_of(price_class)];
    const auto* served = served_[index_of(price_class)];
    if (served != nullptr && (standard == nullptr || counts_beside(*served, *standard))) {
        return Rate{served, RateOrigin::listed};
    }
    if (standard == nullptr) {
        return std::nullopt;
    }
    switch (tier_) {
        case ServiceTier::batch:
            return Rate{standard, RateOrigin::half_of_standard};
        case ServiceTier::flex:
        case ServiceTier::priority:
        case ServiceTier::scale:
        case ServiceTier::fast:
            return Rate{standard, RateOrigin::standard};
        case ServiceTier::standard:
            break;
    }
    return Rate{standard, RateOrigin::listed};
}

std::optional<Rate> Rates::of(PriceClass price_class) const {
    if (auto rate = own(price_class)) {
        return rate;
    }
    for (const auto next : kFallbacks[index_of(price_class)]) {
        if (auto rate = own(next)) {
            return rate;
        }
    }
    return std::nullopt;
}

}  // namespace pulse::pricing::detail
