#pragma once

#include <cstdint>
#include <string_view>

namespace pulse::pricing::detail {

/// Tokens that providers bill and no body shows, at most.
struct FamilyBounds {
    std::int64_t request = 0;  ///< per prompt: the provider's own framing and system prompt
    std::int64_t tools = 0;    ///< once, when there are tools
    std::int64_t image = 0;    ///< per image, at the largest size and detail
    std::int64_t audio = 0;    ///< per audio part, an hour of sound
};

/// The bounds of a model's family, by its name; those of no known family are the largest.
[[nodiscard]] FamilyBounds family_bounds(std::string_view model);

}  // namespace pulse::pricing::detail
