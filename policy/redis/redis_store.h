#pragma once

#include "base/clock.h"
#include "net/loop.h"
#include "net/redis/client.h"
#include "policy/limits/window.h"
#include "policy/quota_store.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace pulse::policy {

/// What the ledger knows to be spent, for counters that begin. It reads on a thread of its own.
/// Thread-safe.
class SpentSource {
public:
    /// Where counters begin: all of one moment.
    struct Spent {
        std::vector<SpentBefore> before;
        std::vector<Settlement> known;  ///< those of the ids asked for that have a row
    };
    using Answer = std::function<void(Result<Spent>)>;

    SpentSource() = default;
    SpentSource(const SpentSource&) = delete;
    SpentSource& operator=(const SpentSource&) = delete;
    virtual ~SpentSource() = default;

    /// Of every scope of the organisation with a budget, in the windows open at `now`, and what
    /// these requests and allotments cost. `answer` is called on `loop`. Errors:
    /// storage_unavailable.
    virtual void find_spent(
        const std::string& org,
        TimePoint now,
        std::vector<Uuid> ids,
        net::Loop& loop,
        Answer answer) = 0;

    using Ends = std::function<void(Result<std::vector<Settlement>>)>;
    /// What each of these requests cost; nothing for one without a row, which was never sent.
    /// `answer` is called on `loop`. Errors: storage_unavailable.
    virtual void find_ends(std::vector<Uuid> ids, net::Loop& loop, Ends answer) = 0;
};

struct RedisStoreSettings {
    net::redis::ClientSettings client;
    WindowCalendar calendar = WindowCalendar::utc();  ///< of organisations without their own
    /// Who holds what is admitted here: unique to this worker and this life of the process.
    std::string holder;
    std::chrono::milliseconds lease{30'000};
    std::chrono::milliseconds beat{10'000};
    /// For how long counters that are not there are not restored, so that every gateway can say
    /// what it holds.
    std::chrono::milliseconds gather{1'000};
    /// Takes parts of the limits ahead of calls that come fast, and for times without the server.
    bool holds_ahead = true;
    /// For tests with a clock of their own: the callers' time counts, not the server's.
    bool uses_callers_time = false;
};

/// The counters in a Redis or Valkey server, Sentinel set or cluster: the rule of admission runs in
/// the server (scripts/*.lua), one atomic step over all scopes of a request. All keys of an
/// organisation share a hash tag. What is admitted is held under this worker's lease: when the
/// worker is gone, it is charged after the lease's end, and corrected when its real cost is known.
///
/// Calls that come fast are admitted from allotments (policy/allotment), without asking the server:
/// what they may cost is held there. A call that gets no answer is admitted from what is held for
/// such times where its policy is `lease`, let through uncounted where it is `open`, and refused
/// with policy_unavailable otherwise; if the server counts it all the same, it is released.
/// Settlements wait until the server is back. Lives on one worker.
class RedisQuotaStore final : public QuotaStore {
public:
    /// `spent` and `observer` (may be null) outlive the store.
    RedisQuotaStore(
        net::Loop& loop,
        const Clock& clock,
        RedisStoreSettings settings,
        SpentSource& spent,
        net::redis::NodeObserver* observer);
    ~RedisQuotaStore() override;

    void admit(const Ask& ask, VerdictHandler& handler) override;
    void abandon(const Uuid& id, VerdictHandler& handler) override;
    void settle(const Settlement& settlement) override;
    void charge(std::span<const ScopeLimits* const> scopes, Money cost, TimePoint now) override;
    void ask_standing(
        std::span<const ScopeLimits* const> scopes,
        TimePoint now,
        StandingHandler& handler) override;
    void forget(StandingHandler& handler) override;
    void restore(const std::vector<SpentBefore>& spent, TimePoint now) override;
    void prepare(const std::string& org) override;
    void give_back() override;

    /// Settles what a process that is gone had admitted under `holder`, charged meanwhile or not,
    /// with what the ledger says that it cost: for its successor, once all its rows are there.
    /// `done` is called with true when nothing is left of it, with false to try again.
    void recover(const std::string& holder, const std::string& org, std::function<void(bool)> done);

    [[nodiscard]] net::redis::NodeState state() const;
    [[nodiscard]] std::size_t reservations_open() const;
    [[nodiscard]] std::size_t settlements_waiting() const override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace pulse::policy
