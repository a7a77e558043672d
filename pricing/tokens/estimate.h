#pragma once

#include "base/request_facts.h"
#include "pricing/catalog/catalog.h"

#include <cstdint>

namespace pulse::pricing {

/// What a request may use, before it is sent. The estimate is the best guess (display, tokens per
/// minute); the ceiling is an upper bound (reservations). Two functions of the same facts. How each
/// is made, and what no bound can know (stored prompts, searches of the provider):
/// docs/formats/usage.md. Value.
struct TokenEstimate {
    std::int64_t input = 0;   ///< best guess
    std::int64_t output = 0;  ///< best guess, all answers
    std::int64_t input_max =
        0;  ///< upper bound: bytes + constants per family, image, file, tool; at most the window
    std::int64_t output_max =
        0;  ///< upper bound per answer: the caller's limit, else the model's, else the default
};

/// Output limit assumed for a model that states none.
inline constexpr std::int64_t kOutputTokensMaxDefault = 32'768;

[[nodiscard]] TokenEstimate estimate_tokens(const RequestFacts& facts, const Found& found);

}  // namespace pulse::pricing
