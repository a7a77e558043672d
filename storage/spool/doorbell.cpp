#include "storage/spool/doorbell.h"

namespace pulse::storage {

void Doorbell::wake() {
    const std::lock_guard lock{mutex_};
    asleep_.store(false);
    changed_.notify_one();
}

void Doorbell::stop() {
    const std::lock_guard lock{mutex_};
    stopped_.store(true, std::memory_order_release);
    changed_.notify_one();
}

void Doorbell::pause(std::chrono::milliseconds time) {
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, time, [this] { return is_stopped(); });
}

void Doorbell::sleep(std::chrono::milliseconds at_most, const std::function<bool()>& has_news) {
    std::unique_lock lock{mutex_};
    asleep_.store(true);
    if (!has_news()) {
        changed_.wait_for(lock, at_most, [this] { return is_stopped() || !asleep_.load(); });
    }
    asleep_.store(false);
}

}  // namespace pulse::storage
