#pragma once

#include "policy/limits/window.h"
#include "policy/quota_store.h"

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace pulse::policy {

/// What a key has spent in a window that is still open, as the ledger knows it.
struct SpentBefore {
    KeyId key;
    Period period = Period::month;
    Money spent;
};

/// The counters in this process's memory, behind a lock per shard of keys. Rates are sliding
/// minutes in 3-second buckets, budgets are calendar windows in one time zone. Budgets are restored
/// at start from the ledger. A verdict comes before admit() returns, with no lock held. Keys
/// without limits are not counted at all. Counters that no longer matter are dropped as new keys
/// come. A budget that is added to a key's policy counts from the next request on. Thread-safe.
class EmbeddedQuotaStore final : public QuotaStore {
public:
    explicit EmbeddedQuotaStore(WindowCalendar calendar);
    /// An IANA name that WindowCalendar::open() takes (settings check it); any other ends the
    /// process.
    explicit EmbeddedQuotaStore(std::string_view time_zone = "UTC");
    ~EmbeddedQuotaStore() override;

    /// Adds what the ledger knows to the open windows. Called before the first admit.
    void restore(const std::vector<SpentBefore>& spent, TimePoint now);

    /// Drops the counters of keys that are not in the directory and have no request running. For
    /// after a directory was swapped; it looks at every key.
    void drop_gone(const KeyDirectory& keys);

    void admit(const Ask& ask, VerdictHandler& handler) override;
    void abandon(const Uuid& id, VerdictHandler& handler) override;
    void settle(const Settlement& settlement) override;
    [[nodiscard]] Standing standing(const KeyRecord& key, TimePoint now) override;

    [[nodiscard]] std::size_t reservations_open() const;
    /// Keys whose counters are in memory.
    [[nodiscard]] std::size_t keys_counted() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace pulse::policy
