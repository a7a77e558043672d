#pragma once

#include "policy/limits/scope_counters.h"
#include "policy/quota_store.h"

#include <cstdint>
#include <span>

namespace pulse::policy {

/// One of the scopes of a request: what limits it, and what is counted.
struct CountedScope {
    const ScopeLimits* limits = nullptr;
    ScopeCounters* counters = nullptr;
};

/// The whole rule of admission, pure. Checks every limit of every scope, the kind with the longest
/// wait first, then counts the request in all of them: in every window and at every moment spent +
/// reserved <= limit, as long as no request costs more than its ceiling. A refusal counts nothing.
/// `holds`, one for each scope, is written when the verdict is yes. `calendar` is of scopes without
/// their own.
[[nodiscard]] Verdict admit(
    std::span<const CountedScope> scopes,
    const Need& need,
    const WindowCalendar& calendar,
    std::span<ScopeHold> holds);

/// Where the scopes stand: the tightest of their rates, all of their budgets.
[[nodiscard]] Standing standing_of(
    std::span<const CountedScope> scopes, TimePoint now, const WindowCalendar& calendar);

/// Takes each rate of `other` that leaves less.
void take_tighter(RateState& rates, const RateState& other);

/// A number of tokens that can be summed without overflow.
[[nodiscard]] std::int64_t bounded_tokens(std::int64_t tokens);

}  // namespace pulse::policy
