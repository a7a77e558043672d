#include "pricing/cost/detail/rates.h"

#include <chrono>

namespace pulse::pricing::detail {
namespace {

constexpr std::size_t index_of(PriceClass price_class) {
    return static_cast<std::size_t>(price_class);
}

/// The class whose price counts where a class has none; the class itself at the end of the chain.
/// Source: docs/formats/catalogue.md §Classes.
constexpr PriceClass fallback_of(PriceClass price_class) {
    switch (price_class) {
        case PriceClass::cache_write_1h:
            return PriceClass::cache_write_5m;
        case PriceClass::cache_read:
        case PriceClass::cache_write_5m:
        case PriceClass::input_audio:
        case PriceClass::input_image:
        case PriceClass::input_video:
            return PriceClass::input;
        case PriceClass::output_reasoning:
        case PriceClass::output_audio:
        case PriceClass::output_image:
            return PriceClass::output;
        case PriceClass::cache_read_audio:
            return PriceClass::cache_read;
        case PriceClass::input:
        case PriceClass::output:
        case PriceClass::request:
        case PriceClass::web_search:
            return price_class;
    }
    return price_class;
}

bool in_hours(const DayHours& hours, TimePoint at) {
    const auto since_midnight = at - std::chrono::floor<std::chrono::days>(at);
    if (hours.from <= hours.to) {
        return since_midnight >= hours.from && since_midnight < hours.to;
    }
    return since_midnight >= hours.from || since_midnight < hours.to;
}

/// Among prices that hold at once: the highest size tier, then the one for these hours, then the
/// younger one.
bool wins(const Price& a, const Price* b) {
    if (b == nullptr) {
        return true;
    }
    if (threshold_of(a) != threshold_of(*b)) {
        return threshold_of(a) > threshold_of(*b);
    }
    if (a.hours.has_value() != b->hours.has_value()) {
        return a.hours.has_value();
    }
    return a.valid_from.value_or(TimePoint::min()) >= b->valid_from.value_or(TimePoint::min());
}

}  // namespace

bool holds(const Price& price, TimePoint at) {
    return (!price.valid_from || *price.valid_from <= at) &&
           (!price.valid_to || at < *price.valid_to) &&
           (!price.hours || in_hours(*price.hours, at));
}

std::int64_t threshold_of(const Price& price) {
    return price.min_input + (price.min_input_inclusive ? 0 : 1);
}

Rates::Rates(const Model& model, const RateAsk& ask) : tier_(ask.tier) {
    for (const auto& price : model.prices) {
        const bool standard = price.tier == ServiceTier::standard;
        if ((!standard && price.tier != tier_) || threshold_of(price) > ask.input_total ||
            !holds(price, ask.at)) {
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
    // Where size tier and service tier both apply and no price is listed for both, the size tier's
    // counts.
    if (served != nullptr &&
        (standard == nullptr || threshold_of(*served) >= threshold_of(*standard))) {
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
            return Rate{standard, RateOrigin::standard};
        case ServiceTier::standard:
            break;
    }
    return Rate{standard, RateOrigin::listed};
}

std::optional<Rate> Rates::of(PriceClass price_class) const {
    if (price_class == PriceClass::cache_read_audio && !own(price_class) &&
        !own(PriceClass::cache_read)) {
        price_class = PriceClass::input_audio;
    }
    while (true) {
        if (auto rate = own(price_class)) {
            return rate;
        }
        const auto next = fallback_of(price_class);
        if (next == price_class) {
            return std::nullopt;
        }
        price_class = next;
    }
}

}  // namespace pulse::pricing::detail
