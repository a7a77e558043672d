#include "app/serve/lookup_thread.h"

#include <pthread.h>

#include <utility>

namespace pulse::app {

namespace {
constexpr std::chrono::milliseconds kAskAgain{40};
}

LookupThread::LookupThread(std::unique_ptr<storage::Database> database) : database_(std::move(database)) {
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "lookup");
        run();
    });
}

LookupThread::~LookupThread() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

bool LookupThread::ask(Question question, std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() >= kWaitingMax) {
        return false;
    }
    waiting_.push_back({std::move(question), until});
    changed_.notify_one();
    return true;
}

void LookupThread::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        if (waiting_.empty()) {
            changed_.wait(lock, [&] { return stopping_ || !waiting_.empty(); });
            continue;
        }
        std::deque<Waiting> asked;
        asked.swap(waiting_);
        lock.unlock();
        std::erase_if(asked, [&](Waiting& waiting) {
            const bool is_last = std::chrono::steady_clock::now() >= waiting.until;
            return waiting.question(*database_, is_last) || is_last;
        });
        lock.lock();
        if (!asked.empty()) {
            for (Waiting& waiting : asked) {
                waiting_.push_back(std::move(waiting));
            }
            changed_.wait_for(lock, kAskAgain, [&] { return stopping_; });
        }
    }
}

}  // namespace pulse::app
