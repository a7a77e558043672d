#pragma once

#include "base/money.h"
#include "policy/quota_store.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The answers of admission that say no. Each names the scope, the limit, what is used and when to
/// retry.
namespace pulse::policy {

/// Whose limit it is.
struct ScopeName {
    Scope scope = Scope::key;
    std::string_view id;
};
/// "key", "organisation", "team 'search'".
[[nodiscard]] std::string to_string(const ScopeName& name);

/// What a budget has to give, and what is asked of it.
struct BudgetUse {
    Money spent;
    Money reserved;
    Money ceiling;
    std::optional<TimePoint> resets_at;  ///< none: it never does
};
/// budget_exhausted with the window's end; without one where the request is larger than the whole
/// budget.
[[nodiscard]] Verdict refuse_for_budget(const Budget& budget, const BudgetUse& use);

/// A limit on a number of requests or tokens.
struct CountLimit {
    std::string_view what;  ///< "requests" or "tokens"
    std::int64_t limit = 0;
    std::int64_t used = 0;
    std::int64_t needed = 1;
};
/// rate_limited with the end of the day, max_tokens_exceeded where one request needs more than the
/// whole limit.
[[nodiscard]] Verdict refuse_for_day(
    const ScopeName& name, const CountLimit& count, TimePoint resets_at);
/// rate_limited with a retry_after, max_tokens_exceeded where there is no `wait` because it will
/// never fit.
[[nodiscard]] Verdict refuse_for_minute(
    const ScopeName& name, const CountLimit& count, std::optional<std::chrono::milliseconds> wait);
/// rate_limited with a second's retry_after: when a running request ends is not known.
[[nodiscard]] Verdict refuse_for_parallel(
    const ScopeName& name, std::int64_t limit, std::int64_t running);

/// limit - used, never below nothing.
[[nodiscard]] Money left_of(Money limit, Money used);
/// Is `used` nine tenths of the limit and more?
[[nodiscard]] bool is_nearly(Money used, Money limit);

}  // namespace pulse::policy
