#pragma once

#include "app/serve/quota_stores.h"
#include "base/assert.h"
#include "policy/redis/redis_store.h"

#include <atomic>
#include <filesystem>
#include <mutex>
#include <vector>

namespace pulse::app {

/// A store in Redis for each worker, with a connection of its own. Every life of the process holds
/// under names of its own, which are written into the spool's folder before anything is admitted:
/// the next one settles what an earlier one left, from the ledger. Thread-safe.
class RedisQuotas final : public QuotaStores,
                          private policy::SpentSource,
                          private net::redis::NodeObserver {
public:
    /// Errors: configuration (the URL, the folder).
    [[nodiscard]] static Result<std::unique_ptr<RedisQuotas>> open(
        const Config& config,
        policy::WindowCalendar calendar,
        std::shared_ptr<const policy::KeyDirectory> keys,
        LookupThread& lookups);

    [[nodiscard]] std::shared_ptr<policy::QuotaStore> of_worker(
        net::Loop& loop, std::size_t worker) override;
    void adopt(
        std::shared_ptr<const policy::KeyDirectory> keys, storage::Database& database) override;
    void start(gateway::Gateway& gateway) override;
    void charge(std::string_view key_id, Money cost, TimePoint now) override;
    [[nodiscard]] std::size_t reservations_open() const override;
    [[nodiscard]] bool is_up() const override;
    [[nodiscard]] std::string_view name() const override { return "redis"; }

private:
    /// A store and its timer; they live and die with their worker.
    struct OfWorker;
    /// What other threads read of a store.
    struct Gauge {
        std::atomic<std::size_t> reservations{0};
        std::atomic<bool> is_up{false};
    };

    RedisQuotas(
        policy::RedisStoreSettings settings,
        std::shared_ptr<const policy::KeyDirectory> keys,
        LookupThread& lookups);
    void find_spent(
        const std::string& org,
        TimePoint now,
        std::vector<Uuid> ids,
        net::Loop& loop,
        Answer answer) override;
    void find_ends(std::vector<Uuid> ids, net::Loop& loop, Ends answer) override;
    void on_node_state(const net::redis::NodeStatus& status) override;
    void look_at(OfWorker& worker);
    void recover_next(policy::RedisQuotaStore& store);
    void prepare();
    void note_holders() const;
    [[nodiscard]] policy::RedisStoreSettings settings_of(std::size_t worker) const;
    [[nodiscard]] std::shared_ptr<const policy::KeyDirectory> keys() const;

    policy::RedisStoreSettings settings_;
    LookupThread& lookups_;
    std::filesystem::path holders_file_;
    std::vector<std::string> past_holders_;  ///< the first worker's business, once it runs
    std::vector<std::string> orgs_left_;     ///< of the first past holder
    bool is_recovering_ = false;
    mutable std::mutex mutex_;
    std::shared_ptr<const policy::KeyDirectory> keys_ PULSE_GUARDED_BY(mutex_);
    gateway::Gateway* gateway_ PULSE_GUARDED_BY(mutex_) = nullptr;
    std::vector<std::unique_ptr<Gauge>> gauges_;  ///< one for each worker
};

}  // namespace pulse::app
