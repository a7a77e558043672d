#include "pricing/catalog/refresh.h"

#include "base/money.h"

#include <algorithm>

namespace pulse::pricing {
namespace {

/// Evenly from 0 to `most`, both included.
std::chrono::milliseconds part_of(std::chrono::milliseconds most, Throw dice) {
    return std::chrono::milliseconds{
        static_cast<std::int64_t>((Int128{most.count()} + 1) * dice >> 32)};
}

}  // namespace

std::optional<std::chrono::milliseconds> wait_after_failure(
    const RefreshRules& rules, int failed, Throw dice) {
    if (failed >= rules.attempts) {
        return std::nullopt;
    }
    constexpr int kDoublingsMax = 20;
    const auto doublings = std::clamp(failed - 1, 0, kDoublingsMax);
    const auto most = std::min(rules.backoff * (1 << doublings), rules.backoff_max);
    return part_of(most, dice);
}

TimePoint next_refresh(const RefreshRules& rules, TimePoint last, Throw dice) {
    const auto tenth = rules.every / 10;
    return last + rules.every - tenth + part_of(2 * tenth, dice);
}

RefreshStep step_after(FetchResult result) {
    switch (result) {
        case FetchResult::newer:
            return RefreshStep::swap;
        case FetchResult::failed:
            return RefreshStep::retry;
        case FetchResult::not_modified:
        case FetchResult::unreadable:
        case FetchResult::refused:
            return RefreshStep::keep;
    }
    return RefreshStep::keep;
}

bool is_stale(const RefreshRules& rules, TimePoint prices_of, TimePoint now) {
    return now - prices_of > rules.stale_after;
}

}  // namespace pulse::pricing
