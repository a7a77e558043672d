#include "pricing/catalog/price.h"

#include <algorithm>
#include <array>

namespace pulse::pricing {
namespace {

constexpr std::array<std::string_view, kPriceClasses> kClassNames{
    "input",
    "cache_read",
    "cache_write_5m",
    "cache_write_1h",
    "input_audio",
    "cache_read_audio",
    "input_image",
    "input_video",
    "output",
    "output_reasoning",
    "output_audio",
    "output_image",
    "request",
    "web_search",
};
constexpr std::array<std::string_view, 4> kTierNames{"standard", "batch", "flex", "priority"};

constexpr std::chrono::minutes kDay{24 * 60};

}  // namespace

std::string_view to_string(PriceClass price_class) {
    return kClassNames.at(static_cast<std::size_t>(price_class));
}

std::optional<PriceClass> parse_price_class(std::string_view text) {
    const auto* found = std::ranges::find(kClassNames, text);
    if (found == kClassNames.end()) {
        return std::nullopt;
    }
    return static_cast<PriceClass>(found - kClassNames.begin());
}

std::string_view to_string(ServiceTier tier) {
    return kTierNames.at(static_cast<std::size_t>(tier));
}

std::optional<ServiceTier> parse_service_tier(std::string_view text) {
    if (text.empty() || text == "default" || text == "auto") {
        return ServiceTier::standard;
    }
    const auto* found = std::ranges::find(kTierNames, text);
    if (found == kTierNames.end()) {
        return std::nullopt;
    }
    return static_cast<ServiceTier>(found - kTierNames.begin());
}

bool in_bounds(const Price& price) {
    const bool hours_ok =
        !price.hours || (price.hours->from >= kDay.zero() && price.hours->from < kDay &&
                         price.hours->to >= kDay.zero() && price.hours->to <= kDay);
    return price.amount_pico >= 0 && price.amount_pico <= kAmountPicoMax && price.per >= 1 &&
           price.per <= kPerMax && price.min_input >= 0 && hours_ok &&
           !(price.valid_from && price.valid_to && *price.valid_from >= *price.valid_to);
}

}  // namespace pulse::pricing
