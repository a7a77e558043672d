#pragma once

#include "policy/limits/window.h"
#include "policy/quota_store.h"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::policy {

/// The counters in this process's memory, behind a lock per organisation. Rates are sliding minutes
/// in 3-second buckets, budgets are calendar windows in the organisation's time zone. Budgets are
/// restored at start from the ledger. A verdict comes before admit() returns, with no lock held.
/// Requests without limits are not counted at all. Counters that no longer matter are dropped as
/// new ones come. Thread-safe.
class EmbeddedQuotaStore final : public QuotaStore {
public:
    explicit EmbeddedQuotaStore(WindowCalendar calendar);
    /// An IANA name that WindowCalendar::open() takes (settings check it); any other ends the
    /// process.
    explicit EmbeddedQuotaStore(std::string_view time_zone = "UTC");
    ~EmbeddedQuotaStore() override;

    /// Begins counters with what the ledger knows of the open windows; those that are there stay as
    /// they are. Called before the first admit, and before limits with a new budget are published.
    void restore(const std::vector<SpentBefore>& spent, TimePoint now) override;

    /// Drops the counters of scopes that are not limited any more and have no request running. For
    /// after a directory was swapped; it looks at every scope.
    void drop_gone(std::span<const ScopeLimits* const> limited);

    void admit(const Ask& ask, VerdictHandler& handler) override;
    void abandon(const Uuid& id, VerdictHandler& handler) override;
    void settle(const Settlement& settlement) override;
    void charge(std::span<const ScopeLimits* const> scopes, Money cost, TimePoint now) override;
    void ask_standing(
        std::span<const ScopeLimits* const> scopes,
        TimePoint now,
        StandingHandler& handler) override;
    void forget(StandingHandler& handler) override;

    [[nodiscard]] Standing standing(std::span<const ScopeLimits* const> scopes, TimePoint now);

    [[nodiscard]] std::size_t reservations_open() const;
    /// Scopes whose counters are in memory.
    [[nodiscard]] std::size_t scopes_counted() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pulse::policy
