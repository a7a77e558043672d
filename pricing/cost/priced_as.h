#pragma once

#include <string_view>

namespace pulse::pricing {

/// The tier that a call is priced by: the one that served it, or was asked for. Anthropic's fast
/// mode (`speed`) is priced like a tier of its own. Source: platform.claude.com/docs, "Pricing".
[[nodiscard]] constexpr std::string_view priced_tier(
    std::string_view service_tier, std::string_view speed) {
    return speed == "fast" ? speed : service_tier;
}

/// Where a call is priced: Anthropic's `inference_geo` where it names a place, else `otherwise`,
/// the provider's own region. Source: platform.claude.com/docs, "Data residency".
[[nodiscard]] constexpr std::string_view priced_region(
    std::string_view inference_geo, std::string_view otherwise) {
    const bool is_place =
        !inference_geo.empty() && inference_geo != "global" && inference_geo != "not_available";
    return is_place ? inference_geo : otherwise;
}

}  // namespace pulse::pricing
