#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/assert.h"
#include "gateway/worker_context.h"
#include "net/http/server_connection.h"
#include "net/listener.h"

namespace pulse::gateway {

/// How many connections a worker has to a provider.
struct PoolGauge {
    std::string provider;
    std::size_t idle = 0;
    std::size_t busy = 0;
    std::size_t connecting = 0;
    std::size_t waiting = 0;
};

/// The store that a worker asks: one for all of them, or one that lives on its loop.
using QuotaOfWorker =
    std::function<std::shared_ptr<policy::QuotaStore>(net::Loop& loop, std::size_t worker)>;

/// What all workers share. Everything outlives them.
struct WorkerDependencies {
    const Clock& clock;
    QuotaOfWorker quota;
    storage::Spool& spool;
    net::BodyBudget& bodies;
    RequestLookup& lookup;
    ObjectOwners& objects;
    CountingThread& counting;
    ContentLog& content;
};

/// One event loop on one thread: its listener, its callers' connections, its pools, its part of the spool. The hot path shares
/// nothing with other workers. The public functions are called from the thread that made it, and post to the loop.
class Worker {
public:
    Worker(std::size_t index, const WorkerDependencies& shared, const Snapshot& first);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Opens the listener; before start(). Errors: configuration.
    [[nodiscard]] Result<void> listen(const net::ListenAddress& address, std::shared_ptr<net::TlsContext> tls);
    void start();
    /// New settings, keys or routes; running requests keep theirs.
    void publish(const Snapshot& snapshot);
    /// `/readyz` says 503 and new calls are refused.
    void begin_drain();
    /// Stops accepting, closes idle connections; busy ones end with their answer.
    void close_listener();
    /// Ends the loop and joins the thread; what is unfinished is settled as cut.
    void stop();

    /// Runs on the loop with the worker's store.
    void with_quota(std::function<void(policy::QuotaStore& quota)> task);

    [[nodiscard]] const WorkerMetrics& metrics() const { return metrics_; }
    /// Calls `visit` for each provider's pool, with numbers of the last half second. Thread-safe.
    template <class Visit>
    void visit_pools(Visit visit) const {
        const std::scoped_lock lock(gauges_mutex_);
        for (const PoolGauge& gauge : gauges_) {
            visit(gauge);
        }
    }
    [[nodiscard]] std::size_t connections() const { return connections_.load(std::memory_order_relaxed); }

private:
    void adopt(const Snapshot& snapshot);
    void take(net::Stream stream);
    void note_pools();
    void end_when_settled();

    std::size_t index_;
    WorkerMetrics metrics_;
    net::Loop loop_;
    std::shared_ptr<policy::QuotaStore> quota_;
    std::unordered_map<std::string, std::weak_ptr<net::UpstreamPool>> pools_;
    WorkerContext context_;
    net::Timer gauge_timer_;
    net::Timer end_timer_;
    int end_looks_ = 0;
    mutable std::mutex gauges_mutex_;
    std::vector<PoolGauge> gauges_ PULSE_GUARDED_BY(gauges_mutex_);
    std::unique_ptr<net::HttpServer> server_;
    std::unique_ptr<net::Listener> listener_;
    std::atomic<std::size_t> connections_{0};
    std::thread thread_;
};

}  // namespace pulse::gateway
