#include "pricing/tokens/estimate.h"

#include "base/money.h"
#include "pricing/tokens/detail/family_bounds.h"

#include <algorithm>
#include <string_view>

namespace pulse::pricing {
namespace {

/// Beyond any window and any body; keeps sums of bounds far from overflow.
constexpr std::int64_t kTokensMax = std::int64_t{1} << 40;

/// English prose and JSON have 4 to 5 bytes a token (o200k_base), other scripts fewer bytes: a
/// guess, no bound.
constexpr std::int64_t kTextBytesPerToken = 4;

/// Framing of a request and of a tool, and typical parts. Guesses, no bounds.
constexpr std::int64_t kGuessRequest = 8;
constexpr std::int64_t kGuessTool = 16;
constexpr std::int64_t kGuessImage = 800;
constexpr std::int64_t kGuessAudio = 600;
constexpr std::int64_t kGuessFile = 3'000;
constexpr std::int64_t kGuessAnswer = 512;

/// Bounds of parts that a body may name without holding them: a document of 100 pages at 2,000
/// tokens, and what searches of the provider were seen to add (17,379 at most in 14 recordings)
/// with a factor.
constexpr std::int64_t kFileTokensMax = 200'000;
constexpr std::int64_t kBuiltinToolsTokensMax = 65'536;

std::int64_t bounded(std::int64_t count) {
    return std::clamp<std::int64_t>(count, 0, kTokensMax);
}

/// `count × each` of two bounded numbers, bounded.
std::int64_t times(std::int64_t count, std::int64_t each) {
    return static_cast<std::int64_t>(
        std::min<Int128>(Int128{bounded(count)} * bounded(each), kTokensMax));
}

std::int64_t tokens_of_bytes(std::int64_t bytes) {
    return (bounded(bytes) + kTextBytesPerToken - 1) / kTextBytesPerToken;
}

/// The most that one prompt can be billed for: providers refuse what does not fit into the model's
/// window. Only where the window is known for this very model; 0: not known.
std::int64_t window_of(const RequestFacts& facts, const Found& found) {
    const bool bounds = found.model != nullptr && !facts.builtin_tools;
    return bounds ? times(std::max<std::int64_t>(facts.prompts, 1), found.model->context_tokens)
                  : 0;
}

std::int64_t input_guess(const RequestFacts& facts) {
    return kGuessRequest + tokens_of_bytes(facts.text_bytes) + times(facts.tools, kGuessTool) +
           times(facts.images, kGuessImage) + times(facts.audio_parts, kGuessAudio) +
           times(facts.file_parts, kGuessFile);
}

std::int64_t input_bound(const RequestFacts& facts, std::string_view model) {
    const auto family = detail::family_bounds(model);
    const bool with_tools = facts.tools > 0 || facts.builtin_tools;
    // No tokenizer makes more tokens than bytes, and JSON's escapes and framing only add bytes.
    return bounded(facts.text_bytes) +
           times(std::max<std::int64_t>(facts.prompts, 1), family.request) +
           (with_tools ? family.tools : 0) + times(facts.images, family.image) +
           times(facts.audio_parts, family.audio) + times(facts.file_parts, kFileTokensMax) +
           (facts.builtin_tools ? kBuiltinToolsTokensMax : 0);
}

/// The API answers with tokens that are billed, or may do.
bool makes_text(Api api) {
    switch (api) {
        case Api::embeddings:
        case Api::moderations:
        case Api::input_tokens:
        case Api::token_counting:
        case Api::embed_content:
        case Api::cohere_embed:
        case Api::ollama_embed:
        case Api::rerank:
            return false;
        default:
            return true;
    }
}

std::int64_t output_bound(const RequestFacts& facts, const Found& found) {
    auto limit = found.model != nullptr && found.model->output_tokens_max > 0
                     ? found.model->output_tokens_max
                     : kOutputTokensMaxDefault;
    if (facts.max_output_tokens) {
        limit = *facts.max_output_tokens;
    }
    // The legacy API answers each prompt of a list.
    return facts.api == Api::completions ? times(std::max<std::int64_t>(facts.prompts, 1), limit)
                                         : bounded(limit);
}

}  // namespace

TokenEstimate estimate_tokens(const RequestFacts& facts, const Found& found) {
    TokenEstimate estimate;
    const auto& model =
        found.model != nullptr && found.model->id != "*" ? found.model->id : facts.model;
    estimate.input_max = bounded(input_bound(facts, model));
    estimate.input = std::min(input_guess(facts), estimate.input_max);
    if (const auto window = window_of(facts, found); window > 0) {
        estimate.input_max = std::min(estimate.input_max, window);
        estimate.input = std::min(estimate.input, window);
    }
    if (makes_text(facts.api)) {
        estimate.output_max = output_bound(facts, found);
        estimate.output = times(
            std::min(estimate.output_max, kGuessAnswer), std::max<std::int64_t>(facts.answers, 1));
    }
    return estimate;
}

}  // namespace pulse::pricing
