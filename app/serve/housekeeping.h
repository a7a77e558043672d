#pragma once

#include "app/config/config.h"
#include "base/assert.h"
#include "base/clock.h"
#include "storage/database.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

namespace pulse::app {

struct HousekeepingMetrics {
    std::atomic<std::uint64_t> requests_dropped{0};
    std::atomic<std::uint64_t> cost_events_dropped{0};
    std::atomic<std::uint64_t> failures{0};
    std::atomic<bool> up{true};  ///< whether the last run did all that was to be done
};

/// Makes what the database needs for the coming days and takes what is older than it is to be kept:
/// at start and every hour, on a thread of its own. Thread-safe.
class Housekeeping {
public:
    Housekeeping(std::unique_ptr<storage::Database> database, const Retention& retention);
    ~Housekeeping();
    Housekeeping(const Housekeeping&) = delete;
    Housekeeping& operator=(const Housekeeping&) = delete;

    /// Holds from the next run on.
    void adopt(const Retention& retention);
    /// Ends the thread, between two transactions.
    void stop();
    [[nodiscard]] const HousekeepingMetrics& metrics() const { return metrics_; }

private:
    void run();
    void keep_house(const Retention& retention, TimePoint now);

    std::unique_ptr<storage::Database> database_;
    HousekeepingMetrics metrics_;
    std::atomic<bool> stopping_{false};
    std::mutex mutex_;
    std::condition_variable changed_;
    Retention retention_ PULSE_GUARDED_BY(mutex_);
    std::thread thread_;
};

/// What is older than this goes. Nothing does that is to be kept longer than time is counted.
[[nodiscard]] storage::RetentionCutoffs retention_cutoffs(
    const Retention& retention, TimePoint now);

}  // namespace pulse::app
