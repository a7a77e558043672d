#include "gateway/estimate/counting_thread.h"

#include <pthread.h>

#include <utility>

namespace pulse::gateway {

CountingThread::CountingThread() {
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "counting");
        run();
    });
}

CountingThread::~CountingThread() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

bool CountingThread::try_run(std::function<void()> job) {
    {
        const std::scoped_lock lock(mutex_);
        if (jobs_.size() >= kWaitingMax) {
            return false;
        }
        jobs_.push_back(std::move(job));
    }
    changed_.notify_one();
    return true;
}

void CountingThread::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return stopping_ || !jobs_.empty(); });
        if (stopping_) {
            return;
        }
        const auto job = std::move(jobs_.front());
        jobs_.pop_front();
        lock.unlock();
        job();
        lock.lock();
    }
}

}  // namespace pulse::gateway
