#pragma once

#include "app/serve/deferred_bill.h"
#include "app/serve/fetch.h"
#include "base/assert.h"
#include "base/clock.h"
#include "base/uuid.h"
#include "gateway/metrics/cells.h"
#include "gateway/routing/routes.h"
#include "storage/database.h"
#include "storage/spool/spool.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <thread>

namespace pulse::app {

struct DeferredMetrics {
    std::atomic<std::int64_t> open{0};
    std::atomic<std::uint64_t> billed{0};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<std::uint64_t> given_up{0};
    gateway::WorkerMetrics usage;  ///< what was billed, beside that of the workers
};

/// When its provider is asked again: from 2 s (background responses) or 30 s (batches) on, later
/// and later, at most a quarter of an hour apart.
[[nodiscard]] std::chrono::microseconds deferred_wait(Api api, std::chrono::microseconds age);

/// Bills work that goes on after its answer (batches, background responses), on a thread of its
/// own: asks its provider until it is done, reads what it used from its output, and writes one row,
/// whose id is in the database before the row is: whoever bills it, and however often, it is billed
/// once. Work that is not done after 48 hours is given up, with a row that says so. Thread-safe.
class DeferredWorkPoller {
public:
    struct Parts {
        std::unique_ptr<storage::Database> database;
        storage::SpoolWriter& spool;  ///< of this thread alone
        std::shared_ptr<const gateway::Routes> routes;
        /// Adds to what a key has spent.
        std::function<void(std::string_view key_id, Money cost, TimePoint now)> charge;
    };
    explicit DeferredWorkPoller(Parts parts);
    ~DeferredWorkPoller();
    DeferredWorkPoller(const DeferredWorkPoller&) = delete;
    DeferredWorkPoller& operator=(const DeferredWorkPoller&) = delete;

    /// Newer providers and prices, in force from now on.
    void adopt(std::shared_ptr<const gateway::Routes> routes);
    /// Ends the thread, within a second or two.
    void stop();
    [[nodiscard]] const DeferredMetrics& metrics() const { return metrics_; }

private:
    /// Where the output of a batch is: what the object says, and the object itself.
    struct OutputPlace {
        llm::DeferredShape shape;
        const llm::DeferredObject& object;
        const std::string& body;
    };
    void run();
    void look_at_due(const gateway::Routes& routes);
    void look(const gateway::Routes& routes, const storage::DeferredWork& work);
    /// How it ended; nothing while it goes on or cannot be read.
    [[nodiscard]] std::optional<DeferredEnd> find_end(
        const gateway::Provider& provider,
        const storage::DeferredWork& work,
        const storage::RequestRecord& maker);
    [[nodiscard]] std::optional<DeferredEnd> read_batch(
        const gateway::Provider& provider,
        const storage::DeferredWork& work,
        const storage::RequestRecord& maker,
        const llm::DeferredObject& object,
        const std::string& body);
    [[nodiscard]] bool read_output(
        const gateway::Provider& provider,
        const storage::DeferredWork& work,
        const OutputPlace& place,
        llm::BatchOutput& output);
    [[nodiscard]] bool read_pages(
        const gateway::Provider& provider,
        const storage::DeferredWork& work,
        llm::BatchOutput& output);
    /// The status of the answer; 0 when there was none.
    [[nodiscard]] long read_lines(
        const gateway::Provider& provider,
        Api api,
        std::string_view path,
        std::string_view query,
        llm::BatchOutput& output);
    [[nodiscard]] Result<Fetched> ask(
        const gateway::Provider& provider, Api api, std::string_view path, std::string_view query);
    void bill(
        const gateway::Routes& routes,
        const gateway::Provider* provider,
        const storage::DeferredWork& work,
        const storage::RequestRecord& maker,
        const DeferredEnd& end);
    void count(
        const gateway::Routes& routes, const gateway::Provider* provider, const DeferredBill& bill);
    [[nodiscard]] bool reserve(std::size_t rows);

    // Of the thread alone.
    std::unique_ptr<storage::Database> database_;
    storage::SpoolWriter& spool_;
    std::function<void(std::string_view key_id, Money cost, TimePoint now)> charge_;
    UuidGenerator ids_;
    std::set<Uuid> billed_;  ///< rows on their way to the ledger; bounded
    DeferredMetrics metrics_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<const gateway::Routes> routes_ PULSE_GUARDED_BY(mutex_);
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace pulse::app
