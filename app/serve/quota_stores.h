#pragma once

#include "app/config/config.h"
#include "app/serve/lookup_thread.h"
#include "gateway/gateway.h"
#include "policy/access/key_directory.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace pulse::app {

/// Where limits and budgets are counted: in this process, or in Redis. Thread-safe.
class QuotaStores {
public:
    QuotaStores() = default;
    QuotaStores(const QuotaStores&) = delete;
    QuotaStores& operator=(const QuotaStores&) = delete;
    virtual ~QuotaStores() = default;

    /// The store of each worker; before its loop runs.
    [[nodiscard]] virtual std::shared_ptr<policy::QuotaStore> of_worker(
        net::Loop& loop, std::size_t worker) = 0;
    /// What limits from now on; before the workers have it. Reads what budgets that are new have
    /// spent.
    virtual void adopt(
        std::shared_ptr<const policy::KeyDirectory> keys, storage::Database& database) = 0;
    /// The workers run.
    virtual void start(gateway::Gateway& gateway) = 0;
    /// What was billed after its call had ended.
    virtual void charge(std::string_view key_id, Money cost, TimePoint now) = 0;
    [[nodiscard]] virtual std::size_t reservations_open() const = 0;
    [[nodiscard]] virtual bool is_up() const = 0;
    /// For the metrics: "embedded" or "redis".
    [[nodiscard]] virtual std::string_view name() const = 0;
};

/// By `policy.store`. The ledger has all rows of earlier processes when this is called; `keys` is
/// what limits at the start. `lookups` outlives the stores. Errors: configuration,
/// storage_unavailable.
[[nodiscard]] Result<std::unique_ptr<QuotaStores>> open_quota_stores(
    const Config& config,
    std::shared_ptr<const policy::KeyDirectory> keys,
    storage::Database& database,
    LookupThread& lookups);

}  // namespace pulse::app
