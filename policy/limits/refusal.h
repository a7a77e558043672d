#pragma once

#include "base/money.h"
#include "policy/limits/period_counter.h"
#include "policy/quota_store.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

/// The answers of admission that say no. Each names the scope, the limit, what is used and when to
/// retry.
namespace pulse::policy {

/// budget_exhausted with the window's end; without one where the request is larger than the whole
/// budget.
[[nodiscard]] Verdict refuse_for_budget(
    const Budget& budget, const PeriodCounter& counter, Money ceiling);

/// A limit on a number of requests or tokens.
struct CountLimit {
    std::string_view what;  ///< "requests" or "tokens"
    std::int64_t limit = 0;
    std::int64_t used = 0;
    std::int64_t needed = 1;
};
/// rate_limited with the end of the day, max_tokens_exceeded where one request needs more than the
/// whole limit.
[[nodiscard]] Verdict refuse_for_day(const CountLimit& count, TimePoint resets_at);
/// rate_limited with a retry_after, max_tokens_exceeded where there is no `wait` because it will
/// never fit.
[[nodiscard]] Verdict refuse_for_minute(
    const CountLimit& count, std::optional<std::chrono::milliseconds> wait);
/// rate_limited with a second's retry_after: when a running request ends is not known.
[[nodiscard]] Verdict refuse_for_parallel(std::int64_t limit, std::int64_t running);

}  // namespace pulse::policy
