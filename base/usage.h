#pragma once

#include <cstdint>

namespace pulse {

/// What a call used, in disjoint billable classes: input_uncached + cached_read + cache_write_* is
/// all input, output_total is all output with reasoning in it. `of_*` are subsets of those and
/// never added to them; `*_extra` come on top. Counts are tokens unless the name says otherwise,
/// and never negative. Source: the billing classes of docs/formats/usage.md.
struct Usage {
    std::int64_t input_uncached = 0;
    std::int64_t cached_read = 0;
    std::int64_t cache_write_5m = 0;
    std::int64_t cache_write_1h = 0;
    std::int64_t cache_write_unsplit = 0;
    std::int64_t output_total = 0;

    std::int64_t of_which_reasoning = 0;
    std::int64_t of_input_audio = 0;
    std::int64_t of_input_image = 0;
    std::int64_t of_input_video = 0;
    std::int64_t of_cached_audio = 0;
    std::int64_t of_output_audio = 0;
    std::int64_t of_output_image = 0;

    std::int64_t input_audio_extra = 0;
    std::int64_t web_search_requests = 0;
    std::int64_t search_units = 0;        ///< of rerankers and grounded chats
    std::int64_t web_fetch_requests = 0;  ///< pages the provider fetched
    std::int64_t file_search_calls = 0;
    std::int64_t code_sessions = 0;    ///< code interpreters, containers
    std::int64_t citation_tokens = 0;  ///< text of sources, where it is billed beside input
    std::int64_t images = 0;           ///< images made, where they are not billed by tokens
    std::int64_t characters = 0;     ///< spoken text, where it is not billed by tokens
    std::int64_t audio_seconds = 0;  ///< audio input, where it is not billed by tokens; rounded up

    [[nodiscard]] std::int64_t input_total() const {
        return input_uncached + cached_read + cache_write_5m + cache_write_1h +
               cache_write_unsplit + input_audio_extra;
    }
    [[nodiscard]] std::int64_t total() const { return input_total() + output_total; }
    friend bool operator==(const Usage&, const Usage&) = default;
};

/// Where a row's usage comes from (contract §5).
enum class UsageSource : std::uint8_t {
    none,       ///< nothing was used: refused before a provider was reached, or an answer without
                ///< billing
    provider,   ///< the provider's own numbers
    counted,    ///< counted from what was sent and delivered
    estimated,  ///< the reservation, because nothing better was seen
};

}  // namespace pulse
