#pragma once

#include "app/config/config.h"
#include "base/assert.h"
#include "storage/backup/backup_folder.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace pulse::app {

struct BackupMetrics {
    bool is_on = false;
    std::uint64_t made = 0;
    std::uint64_t failed = 0;
    double age_seconds = 0;  ///< of the newest backup; 0: there is none
};

/// Backs the database up every few hours on a thread of its own, and removes what is more than
/// enough. A restart does not make it begin anew: the newest backup's name says when the next one
/// is due. Thread-safe.
class BackupSchedule {
public:
    /// Off where `settings.every` is zero.
    BackupSchedule(const BackupSettings& settings, std::string store_url);
    ~BackupSchedule();
    BackupSchedule(const BackupSchedule&) = delete;
    BackupSchedule& operator=(const BackupSchedule&) = delete;

    [[nodiscard]] BackupMetrics metrics() const;
    /// Ends the thread, after a backup that is being made.
    void stop();

private:
    void run();
    void back_up();
    [[nodiscard]] std::chrono::milliseconds wait_time() const;

    const BackupSettings settings_;
    const std::string store_url_;
    const storage::BackupFolder folder_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    bool is_stopping_ PULSE_GUARDED_BY(mutex_) = false;
    std::uint64_t made_ PULSE_GUARDED_BY(mutex_) = 0;
    std::uint64_t failed_ PULSE_GUARDED_BY(mutex_) = 0;
    bool has_failed_ PULSE_GUARDED_BY(mutex_) = false;  ///< the last try
    std::thread thread_;
};

}  // namespace pulse::app
