#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/serve/deferred_work.h"
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
    PriceRefreshMetrics prices;
    const DeferredMetrics& deferred;
};

/// The sums over all workers in Prometheus' text format (names: contract §7, docs/operations/metrics.md).
[[nodiscard]] std::string render_metrics(const MetricsSource& source);

}  // namespace pulse::app
