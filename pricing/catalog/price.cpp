#include "pricing/catalog/price.h"

#include "pricing/catalog/detail/folded_text.h"

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
    "cache_read_image",
    "cache_write_audio",
    "output_video",
    "citation",
    "web_search_low",
    "web_search_high",
    "file_search",
    "code_session",
    "image",
    "image_input",
    "pixel",
    "audio_second",
    "video_second",
    "second",
    "character",
    "character_out",
    "page",
    "page_annotated",
    "query",
    "message",
    "credit",
};
constexpr std::array<std::string_view, kServiceTiers> kTierNames{
    "standard", "batch", "flex", "priority", "scale", "fast"};
/// Words of providers for what is billed at the standard price.
constexpr std::array<std::string_view, 4> kStandardWords{"", "default", "auto", "on_demand"};
constexpr std::array<std::string_view, 3> kConfidenceNames{"listed", "computed", "assumed"};

template <class Value, std::size_t Count>
std::optional<Value> value_named(
    const std::array<std::string_view, Count>& names, std::string_view text) {
    const auto* found = std::ranges::find(names, text);
    return found == names.end() ? std::nullopt
                                : std::optional{static_cast<Value>(found - names.begin())};
}

bool same_folded(std::string_view text, std::string_view folded) {
    return text.size() == folded.size() && detail::starts_folded(text, folded);
}

constexpr std::chrono::minutes kDay{24 * 60};

}  // namespace

std::string_view to_string(PriceClass price_class) {
    return kClassNames.at(static_cast<std::size_t>(price_class));
}

std::optional<PriceClass> parse_price_class(std::string_view text) {
    return value_named<PriceClass>(kClassNames, text);
}

bool is_token_class(PriceClass price_class) {
    switch (price_class) {
        case PriceClass::input:
        case PriceClass::cache_read:
        case PriceClass::cache_write_5m:
        case PriceClass::cache_write_1h:
        case PriceClass::input_audio:
        case PriceClass::cache_read_audio:
        case PriceClass::input_image:
        case PriceClass::input_video:
        case PriceClass::output:
        case PriceClass::output_reasoning:
        case PriceClass::output_audio:
        case PriceClass::output_image:
        case PriceClass::cache_read_image:
        case PriceClass::cache_write_audio:
        case PriceClass::output_video:
        case PriceClass::citation:
            return true;
        default:
            return false;
    }
}

std::string_view to_string(ServiceTier tier) {
    return kTierNames.at(static_cast<std::size_t>(tier));
}

std::optional<ServiceTier> parse_service_tier(std::string_view text) {
    const auto says = [text](std::string_view word) {
        return same_folded(text, word);
    };
    if (std::ranges::any_of(kStandardWords, says)) {
        return ServiceTier::standard;
    }
    const auto* found = std::ranges::find_if(kTierNames, says);
    return found == kTierNames.end()
               ? std::nullopt
               : std::optional{static_cast<ServiceTier>(found - kTierNames.begin())};
}

std::optional<Confidence> parse_confidence(std::string_view text) {
    return value_named<Confidence>(kConfidenceNames, text);
}

std::string_view to_string(Confidence confidence) {
    return kConfidenceNames.at(static_cast<std::size_t>(confidence));
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
