#pragma once

#include "app/serve/quota_stores.h"
#include "base/assert.h"
#include "policy/embedded/embedded_store.h"

#include <mutex>

namespace pulse::app {

/// One store in this process's memory for all workers; what the ledger knows is read at the start
/// and when budgets are new. Thread-safe.
class EmbeddedQuotas final : public QuotaStores {
public:
    explicit EmbeddedQuotas(policy::WindowCalendar calendar);

    /// Errors: storage_unavailable.
    [[nodiscard]] Result<void> restore(
        std::shared_ptr<const policy::KeyDirectory> keys, storage::Database& database);

    [[nodiscard]] std::shared_ptr<policy::QuotaStore> of_worker(
        net::Loop& loop, std::size_t worker) override;
    void adopt(
        std::shared_ptr<const policy::KeyDirectory> keys, storage::Database& database) override;
    void start(gateway::Gateway& gateway) override;
    void charge(std::string_view key_id, Money cost, TimePoint now) override;
    [[nodiscard]] std::size_t reservations_open() const override;
    [[nodiscard]] bool is_up() const override { return true; }
    [[nodiscard]] std::string_view name() const override { return "embedded"; }

private:
    policy::WindowCalendar calendar_;
    std::shared_ptr<policy::EmbeddedQuotaStore> store_;
    std::mutex mutex_;
    std::shared_ptr<const policy::KeyDirectory> keys_ PULSE_GUARDED_BY(mutex_);
};

/// What limits a key's work of which the model is not known any more: its own scopes.
[[nodiscard]] std::vector<const policy::ScopeLimits*> limits_of_key(
    const policy::KeyDirectory& keys, std::string_view key_id);

}  // namespace pulse::app
