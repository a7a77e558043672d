#pragma once

#include "base/prompt.h"

#include <cstdint>
#include <string_view>

namespace pulse::pricing {

/// How good a count of a prompt is.
enum class CountBasis : std::uint8_t {
    counted,       ///< with the model's own encoding and its provider's framing, nothing left out
    approximated,  ///< another family's tokenizer with a factor, or parts whose tokens follow no
                   ///< public rule
    incomplete,    ///< the request names what it does not hold: stored prompts, tools that the
                   ///< provider runs, files, images by URL
};
[[nodiscard]] std::string_view to_string(CountBasis basis);

struct PromptTokens {
    std::int64_t tokens = 0;
    CountBasis basis = CountBasis::counted;
};

/// Input tokens that a provider will state for `prompt`, as near as can be known before the call.
/// For OpenAI's models the encoding is exact and the framing is that of the recorded exchanges
/// (docs/formats/tokens.md has the rules and how near they come); for other families the o200k_base
/// count is scaled. Pure; takes as long as counting the prompt's text.
[[nodiscard]] PromptTokens count_prompt(const Prompt& prompt, std::string_view model);

/// Output tokens of an answer whose provider stated none (a stream that broke off): those of
/// `text`, as many more as `text_bytes` say that it was longer, at 4 bytes a token where there is
/// no text. Exact for the text of models whose encoding is known; what a model wrote and nobody
/// sees is not in it.
[[nodiscard]] std::int64_t count_delivered(
    std::string_view text, std::int64_t text_bytes, std::string_view model);

}  // namespace pulse::pricing
