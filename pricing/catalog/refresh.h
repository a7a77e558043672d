#pragma once

#include "base/clock.h"

#include <chrono>
#include <cstdint>
#include <optional>

namespace pulse::pricing {

/// When newer prices are asked for. Decisions only: who asks has the clock, the dice and the
/// network. Source: design, pricing study §2 "Refresh".
struct RefreshRules {
    std::chrono::milliseconds every{std::chrono::hours{24}};
    int attempts = 3;
    std::chrono::milliseconds backoff{1'000};
    std::chrono::milliseconds backoff_max{60'000};
    std::chrono::milliseconds timeout{10'000};
    std::int64_t bytes_max = 8 << 20;
    std::chrono::milliseconds stale_after{std::chrono::hours{24 * 7}};
};

/// A fair throw of the dice: 0 to 2³² − 1.
using Throw = std::uint32_t;

/// How long to wait after attempt number `failed` (the first is 1) before the next: full jitter
/// over backoff × 2ⁿ. Empty: give up until the next refresh.
[[nodiscard]] std::optional<std::chrono::milliseconds> wait_after_failure(
    const RefreshRules& rules, int failed, Throw dice);

/// When the next refresh begins: `every` after the last one, a tenth earlier or later.
[[nodiscard]] TimePoint next_refresh(const RefreshRules& rules, TimePoint last, Throw dice);

/// What came back, as far as it decides what to do.
enum class FetchResult : std::uint8_t {
    newer,         ///< a body to be read and guarded
    not_modified,  ///< what we have is current
    failed,        ///< no answer, an error status, too large
    unreadable,    ///< an answer that is no catalogue
    refused,       ///< a catalogue that the guards refused
};
enum class RefreshStep : std::uint8_t { swap, keep, retry };
/// A broken or refused file is not asked for again at once: it would be the same.
[[nodiscard]] RefreshStep step_after(FetchResult result);

/// Whether prices of that age are called stale. Without a success they are as old as the program's
/// own.
[[nodiscard]] bool is_stale(const RefreshRules& rules, TimePoint prices_of, TimePoint now);

}  // namespace pulse::pricing
