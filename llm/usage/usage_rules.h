#pragma once

#include "base/usage.h"
#include "llm/usage/stated_usage.h"

#include <cstdint>

namespace pulse::llm {

/// What a provider counts inside what. Data: one per provider and API (provider_quirks.h), with its
/// evidence there.
struct UsageRules {
    enum class Cache : std::uint8_t {
        inside_input,  ///< cached reads and writes are part of `input` (OpenAI and most)
        beside_input,  ///< they come on top (Anthropic, Bedrock converse)
    };
    enum class Reasoning : std::uint8_t {
        inside_output,    ///< OpenAI and most
        beside_output,    ///< xAI chat, Gemini, Vercel
        hidden_in_total,  ///< output is total − input (Gemini's OpenAI-compatible API)
    };
    enum class Audio : std::uint8_t { inside_input, beside_input };
    enum class Billed : std::uint8_t {
        tokens,
        billed_units,    ///< `billed_*` and `search_units` alone are the invoice (Cohere)
        total_is_input,  ///< a total without parts is all input (embeddings, rerankers)
        nothing,         ///< counts describe something else than this call: nothing follows
    };

    Cache cache = Cache::inside_input;
    Reasoning reasoning = Reasoning::inside_output;
    Audio audio = Audio::inside_input;
    Billed billed = Billed::tokens;

    friend bool operator==(const UsageRules&, const UsageRules&) = default;
};

/// Disjoint billable classes of one statement.
struct BillableUsage {
    Usage usage;
    /// A part is larger than its whole or a count is not possible: clamped, never negative.
    bool is_inconsistent = false;
    /// The classes follow from the statement. False: a total alone, or cached input above all
    /// input; `usage` is then what can be defended (docs/formats/metering.md).
    bool is_known = false;
};

/// The single way from what a provider stated to what is billed.
[[nodiscard]] BillableUsage billable_usage(const StatedUsage& stated, const UsageRules& rules);

/// No call has more tokens; keeps products with prices far from the limits of Money.
inline constexpr std::int64_t kTokensMax = 1'000'000'000'000;

}  // namespace pulse::llm
