#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/money.h"
#include "base/uuid.h"
#include "policy/limits/scope_limits.h"
#include "policy/limits/window.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::policy {

/// A request that wants to go: what it would hold of its scopes' limits.
struct Ask {
    Uuid id;
    /// Of one organisation, without doubles; from KeyDirectory::limits_on(), whose snapshot lives
    /// until the id is settled. Empty: nothing limits the request.
    std::span<const ScopeLimits* const> scopes;
    Money ceiling;            ///< worst-case cost
    std::int64_t tokens = 0;  ///< estimated tokens, counted against tokens/min
    TimePoint now;
    OnStoreFailure on_store_failure = OnStoreFailure::lease;
};

/// What is left of the rates, for `x-ratelimit-*`: of the scope that has least. A negative limit
/// means that there is none.
struct RateState {
    std::int64_t requests_limit = -1;
    std::int64_t requests_remaining = 0;
    std::chrono::milliseconds requests_reset{0};
    std::int64_t tokens_limit = -1;
    std::int64_t tokens_remaining = 0;
    std::chrono::milliseconds tokens_reset{0};
};

/// Yes, or no and why.
struct Verdict {
    bool admitted = false;
    Errc code = Errc::internal;  ///< rate_limited, budget_exhausted, policy_unavailable …
    std::string message;         ///< names scope, limit, used and when to retry
    std::optional<std::chrono::milliseconds> retry_after;
    std::optional<TimePoint> resets_at;  ///< of the window that refused
    bool soft_budget_passed = false;
    /// A budget, soft or hard, is spent or held to nine tenths and more.
    bool budget_nearly_spent = false;
    /// With budget_exhausted: the worst case that every hard budget could still hold.
    std::optional<Money> affordable;
    RateState rates;
    /// It was drawn from this allotment, which is settled with what all of its calls cost: a ledger
    /// that says so for each of them can tell it again. None: the store holds the request's own id.
    std::optional<Uuid> drawn_from;
};

/// The end of an admitted request.
struct Settlement {
    Uuid id;
    Money cost;               ///< what it really cost; zero releases
    std::int64_t tokens = 0;  ///< what it really used
    TimePoint now;
    std::int64_t requests = 1;  ///< of an allotment, how many were drawn from it
};

/// Where a scope stands, for GET /v1/pulse/key.
struct BudgetStanding {
    Budget budget;  ///< its scope and scope_id say whose
    Money spent;
    Money reserved;
    Money remaining;
    std::optional<TimePoint> resets_at;
};
struct Standing {
    RateState rates;
    std::int64_t parallel_requests = 0;  ///< of the first scope asked for: the key
    std::vector<BudgetStanding> budgets;
};

/// Waits for a verdict. Called once, possibly before admit() returns.
class VerdictHandler {
public:
    virtual void on_verdict(const Verdict& verdict) = 0;

protected:
    ~VerdictHandler() = default;
};

/// Waits for a standing. Called once, possibly before ask_standing() returns.
/// Errors: policy_unavailable.
class StandingHandler {
public:
    virtual void on_standing(const Result<Standing>& standing) = 0;

protected:
    ~StandingHandler() = default;
};

/// What a scope has spent in a window that is still open, as the ledger knows it.
struct SpentBefore {
    Scope scope = Scope::key;
    std::string org;
    std::string id;
    Period period = Period::month;
    Money spent;
    std::shared_ptr<const WindowCalendar> calendar = {};  ///< the organisation's; null: the store's
};

/// Keeps the counters of limits and budgets. admit() checks every limit of every scope and then
/// applies them all, in one step; a refusal writes nothing. settle() happens once per admitted id;
/// a second time is a no-op. The embedded store answers at once; one over a network answers later,
/// on the same worker.
class QuotaStore {
public:
    QuotaStore() = default;
    QuotaStore(const QuotaStore&) = delete;
    QuotaStore& operator=(const QuotaStore&) = delete;
    virtual ~QuotaStore() = default;

    virtual void admit(const Ask& ask, VerdictHandler& handler) = 0;
    /// The handler will not be called any more; what was admitted is released.
    virtual void abandon(const Uuid& id, VerdictHandler& handler) = 0;
    virtual void settle(const Settlement& settlement) = 0;

    /// Counts what was spent without having been held: work that is billed after its call.
    virtual void charge(std::span<const ScopeLimits* const> scopes, Money cost, TimePoint now) = 0;
    /// Settlements and charges that are on their way: a store in memory has none.
    [[nodiscard]] virtual std::size_t settlements_waiting() const { return 0; }
    /// Begins counters of budgets that are new with what the ledger knows of the open windows;
    /// those that have begun stay as they are. Before limits with such budgets are published.
    virtual void restore(const std::vector<SpentBefore>& /*spent*/, TimePoint /*now*/) {}
    /// Makes an organisation's counters ready before its first call comes.
    virtual void prepare(const std::string& /*org*/) {}
    /// No call will come any more: what is held ahead of calls goes back, among the settlements.
    virtual void give_back() {}

    virtual void ask_standing(
        std::span<const ScopeLimits* const> scopes, TimePoint now, StandingHandler& handler) = 0;
    /// The handler will not be called any more.
    virtual void forget(StandingHandler& handler) = 0;
};

}  // namespace pulse::policy
