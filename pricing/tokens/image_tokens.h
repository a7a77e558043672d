#pragma once

#include "base/prompt.h"

#include <cstdint>
#include <string_view>

namespace pulse::pricing {

/// Input tokens of one image for `model`, by its provider's formula; an image whose size is not
/// known counts as the largest that the formula has. Models of other families count as gpt-4o.
/// Sources, read 2026-11: platform.openai.com/docs/guides/images-vision (tiles and patches),
/// docs.anthropic.com/en/docs/build-with-claude/vision, ai.google.dev/gemini-api/docs/tokens.
[[nodiscard]] std::int64_t image_tokens(const Prompt::Image& image, std::string_view model);

}  // namespace pulse::pricing
