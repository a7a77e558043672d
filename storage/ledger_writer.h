#pragma once

#include "base/assert.h"
#include "storage/database.h"
#include "storage/rejected_file.h"
#include "storage/spool/spool.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace pulse::storage {

struct LedgerMetrics {
    std::atomic<std::uint64_t> requests_written{0};
    std::atomic<std::uint64_t> attempts_written{0};
    std::atomic<std::uint64_t> cost_events_written{0};
    std::atomic<std::uint64_t> lost_written{0};  ///< requests that a dead process did not end
    std::atomic<std::uint64_t> rejected{0};
    std::atomic<std::uint64_t> failures{0};
    std::atomic<bool> up{true};
};

/// The thread that carries records from the spool to the database: batches of 1000 or 200 ms,
/// checkpoint in the same transaction, retries with backoff while the database is away.
/// Thread-safe: start, drain, stop.
class LedgerWriter {
public:
    struct Settings {
        std::size_t batch_records = 1000;
        std::chrono::milliseconds batch_wait{200};
        std::filesystem::path
            rejected_path;  ///< where records go that the database cannot take, with the reason
    };
    LedgerWriter(Spool& spool, std::unique_ptr<Database> database, Settings settings);
    ~LedgerWriter();
    LedgerWriter(const LedgerWriter&) = delete;
    LedgerWriter& operator=(const LedgerWriter&) = delete;

    /// Writes what earlier processes left, synchronously: before budgets are restored, and before
    /// this process admits a request. What they admitted and did not end costs what it had
    /// reserved. A segment with a record that can neither be stored nor set aside is left for the
    /// next start. Errors: storage_unavailable, when the database takes nothing.
    [[nodiscard]] Result<void> replay();
    void start();
    /// Writes what is there, for at most `at_most`, and ends the thread.
    void stop(std::chrono::milliseconds at_most);
    [[nodiscard]] const LedgerMetrics& metrics() const { return metrics_; }

private:
    void run();
    /// Writes one batch: how many records it took from the spool, 0 when there was none. A batch
    /// that failed is kept and tried again.
    [[nodiscard]] Result<std::size_t> write_batch();
    [[nodiscard]] Result<void> resume();
    [[nodiscard]] Result<void> load_batch();
    [[nodiscard]] Result<void> decode_batch();
    [[nodiscard]] Result<void> write_rows(const std::vector<SpoolPosition>& ends);
    [[nodiscard]] Result<void> write_lost();
    [[nodiscard]] Result<void> take_back_lost_rows();
    [[nodiscard]] Result<void> set_aside(std::size_t entry, const std::string& reason);
    [[nodiscard]] bool leave_stuck_segment(const Error& reason);
    [[nodiscard]] std::vector<SpoolPosition> batch_ends() const;
    void give_back(const std::vector<SpoolPosition>& ends);
    void note(const Result<std::size_t>& written);
    void pause(std::chrono::milliseconds time);

    /// What the database still has to take of the batch; `entry` is its index there.
    struct Row {
        std::size_t entry;
        const DecodedRecord* record;
    };

    Spool& spool_;
    std::unique_ptr<Database> database_;
    Settings settings_;
    LedgerMetrics metrics_;
    RejectedFile rejected_;

    bool is_resumed_ = false;
    bool is_live_ = false;  ///< this process admits requests: open ones are running
    std::vector<Spool::Entry> batch_;
    std::size_t decoded_ = 0;  ///< of batch_
    std::vector<DecodedRecord> records_;
    std::vector<Row> rows_;
    std::optional<std::size_t> stuck_entry_;  ///< of batch_: cannot be set aside
    std::vector<std::string> gone_segments_;  ///< whose checkpoints are still to be deleted

    std::atomic<bool> stopping_{false};
    std::mutex pause_mutex_;
    std::condition_variable stop_asked_;
    std::chrono::steady_clock::time_point stop_by_ PULSE_GUARDED_BY(pause_mutex_);
    std::thread thread_;
};

}  // namespace pulse::storage
