#pragma once

#include "storage/spool/doorbell.h"
#include "storage/spool/segment_list.h"
#include "storage/spool/segment_store.h"
#include "storage/spool/segment_writer.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace pulse::storage {

/// Makes what was appended durable every few milliseconds, only when something was; keeps a spare
/// segment ready for each writer; tells the reader that there is something to read. Sleeps while
/// nothing is appended. Bounds its own use of the processor, see SpoolSettings::sync_interval.
/// Thread-safe.
class SyncThread {
public:
    SyncThread(
        SegmentStore& store, SegmentList& segments, Doorbell& bell, const SpoolSettings& settings);
    SyncThread(const SyncThread&) = delete;
    SyncThread& operator=(const SyncThread&) = delete;
    ~SyncThread();

    void start(std::vector<SegmentWriter*> writers);
    /// Syncs once more and ends the thread.
    void stop();

    /// Blocks until `has_unread` or the time is over; `has_unread` is asked again after each
    /// append.
    void wait_for_append(
        std::chrono::milliseconds at_most, const std::function<bool()>& has_unread);

private:
    void run();
    void fill_spares();
    void rest(bool has_synced, std::chrono::nanoseconds cpu_used);
    [[nodiscard]] bool has_unsynced() const;
    [[nodiscard]] bool sync_segments();
    void report(bool synced);

    SegmentStore& store_;
    SegmentList& segments_;
    Doorbell& bell_;
    const std::chrono::milliseconds interval_;
    const Durability durability_;
    std::vector<SegmentWriter*> writers_;
    int quiet_rounds_ = 0;
    std::chrono::steady_clock::time_point retry_spares_at_;
    bool is_failing_ = false;

    std::mutex append_mutex_;
    std::condition_variable appended_;
    std::thread thread_;
};

}  // namespace pulse::storage
