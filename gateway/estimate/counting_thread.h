#pragma once

#include "base/assert.h"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace pulse::gateway {

/// Counts the tokens of long texts, which would hold up an event loop. Jobs run in their order;
/// what waits at the end is dropped. Thread-safe.
class CountingThread {
public:
    CountingThread();
    ~CountingThread();
    CountingThread(const CountingThread&) = delete;
    CountingThread& operator=(const CountingThread&) = delete;

    static constexpr std::size_t kWaitingMax = 64;

    /// False, and the job is not taken, when kWaitingMax wait already.
    [[nodiscard]] bool try_run(std::function<void()> job);

private:
    void run();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::function<void()>> jobs_ PULSE_GUARDED_BY(mutex_);
    bool stopping_ PULSE_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

}  // namespace pulse::gateway
