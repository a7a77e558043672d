#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "policy/limits/period_counter.h"
#include "policy/limits/scope_limits.h"
#include "policy/limits/sliding_rate.h"
#include "policy/limits/window.h"
#include "policy/quota_store.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace pulse::policy {

/// What a request needs of each of its scopes.
struct Need {
    Money ceiling;
    std::int64_t tokens = 0;
    TimePoint now;
};

/// Where in one scope's counters an admitted request was counted. Value.
struct ScopeHold {
    static constexpr std::int64_t kNotCounted = -1;

    std::int64_t token_bucket = kNotCounted;  ///< of tokens per minute
    std::array<std::uint32_t, kPeriodCount>
        windows{};  ///< serial of the window per period; 0: none
};

/// The limits that a scope may have, in the order in which a refusal names them: the longest wait
/// first.
enum class LimitKind : std::uint8_t {
    budget,
    requests_per_day,
    tokens_per_day,
    tokens_per_minute,
    requests_per_minute,
    parallel_requests,
};
inline constexpr std::array kLimitKinds{
    LimitKind::budget,
    LimitKind::requests_per_day,
    LimitKind::tokens_per_day,
    LimitKind::tokens_per_minute,
    LimitKind::requests_per_minute,
    LimitKind::parallel_requests};

/// The counters of one scope: pure, time is a parameter. advance() comes before everything that
/// reads them. Value; not thread-safe.
class ScopeCounters {
public:
    void advance(const ScopeLimits& limits, TimePoint now, const WindowCalendar& calendar);

    /// No, where the limit of that kind has no room for `need`.
    [[nodiscard]] std::optional<Verdict> find_refusal(
        LimitKind kind, const ScopeLimits& limits, const Need& need) const;
    /// Counts it, whether it fits or not.
    [[nodiscard]] ScopeHold apply(const ScopeLimits& limits, const Need& need);

    /// The end of what was counted: each hold is settled once. Money and tokens go to the windows
    /// of admission; those that have ended are no longer counted anywhere. A `now` of zero is not
    /// known.
    void settle(
        const ScopeHold& hold, const Need& held, Money cost, std::int64_t tokens, TimePoint now);

    /// Counts a cost that was not held, in every open window.
    void charge(Money cost);

    /// Begins the period's counter with what was spent before; one that is there knows better.
    void restore(Period period, Money spent, TimePoint now, const WindowCalendar& calendar);

    /// What every hard budget could still hold; none without one.
    [[nodiscard]] std::optional<Money> affordable(const ScopeLimits& limits) const;
    [[nodiscard]] bool is_soft_budget_passed(const ScopeLimits& limits) const;
    /// Is a budget used to nine tenths and more?
    [[nodiscard]] bool is_budget_nearly_spent(const ScopeLimits& limits) const;
    [[nodiscard]] RateState rates(const ScopeLimits& limits, TimePoint now) const;
    [[nodiscard]] std::vector<BudgetStanding> budgets(const ScopeLimits& limits) const;

    /// Nothing runs and nothing that is counted matters any more.
    [[nodiscard]] bool is_idle(TimePoint now) const;
    [[nodiscard]] std::int64_t running() const { return running_; }

private:
    [[nodiscard]] std::optional<Verdict> find_budget_refusal(
        const ScopeLimits& limits, Money ceiling) const;
    [[nodiscard]] PeriodCounter& counter(Period period);
    [[nodiscard]] const PeriodCounter& counter(Period period) const;

    std::int64_t running_ = 0;
    std::unique_ptr<SlidingRate> requests_;  ///< where there is, or was, a limit per minute
    std::unique_ptr<SlidingRate> tokens_;
    std::vector<PeriodCounter> periods_;  ///< of what is limited, or was
};

}  // namespace pulse::policy
