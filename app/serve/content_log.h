#pragma once

#include "base/assert.h"
#include "base/clock.h"
#include "gateway/ports.h"
#include "storage/database.h"
#include "storage/tables/request_content.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace pulse::app {

struct ContentMetrics {
    std::atomic<std::uint64_t> written{0};
    std::atomic<std::uint64_t> dropped{0};  ///< too much was on its way, or it could not be stored
    std::atomic<std::uint64_t> failures{0};
};

/// Stores what calls said, on a thread of its own, beside the ledger and never in its way: what
/// waits is bounded in bytes, and what does not fit is dropped and counted. Redacts what is to be
/// redacted before it stores it, and takes away what was kept long enough. Thread-safe.
class ContentLogThread final : public gateway::ContentLog {
public:
    struct Settings {
        std::size_t waiting_bytes_max = std::size_t{32} << 20;
        std::optional<std::chrono::milliseconds> retention;  ///< unset: for ever
    };
    ContentLogThread(std::unique_ptr<storage::Database> database, Settings settings);
    ~ContentLogThread() override;

    void take(gateway::CallContent content) override;
    /// Holds from the next run on.
    void keep_for(std::optional<std::chrono::milliseconds> retention);
    /// Stores what waits, if the database takes it, and ends the thread.
    void stop();
    [[nodiscard]] const ContentMetrics& metrics() const { return metrics_; }

private:
    void run();
    [[nodiscard]] std::vector<gateway::CallContent> wait_for_some();
    void store(const std::vector<gateway::CallContent>& contents);
    [[nodiscard]] bool insert(const std::vector<storage::RequestContent>& rows);
    void drop_old(TimePoint now);

    std::unique_ptr<storage::Database> database_;
    const std::size_t waiting_bytes_max_;
    ContentMetrics metrics_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<gateway::CallContent> waiting_ PULSE_GUARDED_BY(mutex_);
    std::size_t waiting_bytes_ PULSE_GUARDED_BY(mutex_) = 0;  ///< and what is being stored
    std::optional<std::chrono::milliseconds> retention_ PULSE_GUARDED_BY(mutex_);
    bool stopping_ PULSE_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

}  // namespace pulse::app
