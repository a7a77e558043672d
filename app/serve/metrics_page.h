#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/serve/backup_schedule.h"
#include "app/serve/content_log.h"
#include "app/serve/deferred_work.h"
#include "app/serve/housekeeping.h"
#include "app/serve/price_refresh.h"
#include "gateway/worker.h"
#include "storage/ledger_writer.h"
#include "storage/spool/spool.h"

namespace pulse::app {

/// What one scrape shows.
struct MetricsSource {
    const std::vector<std::unique_ptr<gateway::Worker>>& workers;
    storage::SpoolMetrics spool;
    const storage::LedgerMetrics& ledger;
    std::size_t reservations_open = 0;
    std::string_view policy_store = "embedded";
    bool is_policy_store_up = true;
    PriceRefreshMetrics prices;
    const DeferredMetrics& deferred;
    BackupMetrics backups;
    const HousekeepingMetrics& housekeeping;
    const ContentMetrics& content;
};

/// The sums over all workers in Prometheus' text format (names: contract §7, docs/operations/metrics.md).
[[nodiscard]] std::string render_metrics(const MetricsSource& source);

}  // namespace pulse::app
