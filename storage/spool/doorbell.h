#pragma once

#include "base/assert.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

namespace pulse::storage {

/// Wakes one thread that sleeps while nothing happens. For those who ring it costs one load unless
/// that thread is asleep: under load nobody makes a system call. Thread-safe; one sleeper.
class Doorbell {
public:
    /// After something was stored that `has_news` of sleep() sees (sequentially consistent).
    void ring() {
        if (asleep_.load()) {
            wake();
        }
    }
    void stop();
    [[nodiscard]] bool is_stopped() const { return stopped_.load(std::memory_order_acquire); }

    /// Until the time is over or stop(), whoever rings.
    void pause(std::chrono::milliseconds time);
    /// Until ring(), stop() or the time is over. `has_news` is asked when rings are already heard,
    /// so that nothing is missed in between.
    void sleep(std::chrono::milliseconds at_most, const std::function<bool()>& has_news);

private:
    void wake();

    std::atomic<bool> asleep_{false};
    std::atomic<bool> stopped_{false};
    std::mutex mutex_;
    std::condition_variable changed_;
};

}  // namespace pulse::storage
