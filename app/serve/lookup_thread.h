#pragma once

#include "base/assert.h"
#include "storage/database.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace pulse::app {

/// Asks the ledger on a thread of its own, so that no worker waits for it. Thread-safe.
class LookupThread {
public:
    explicit LookupThread(std::unique_ptr<storage::Database> database);
    ~LookupThread();
    LookupThread(const LookupThread&) = delete;
    LookupThread& operator=(const LookupThread&) = delete;

    /// Looks something up; false: not there yet, ask again. `is_last` says that it will not be asked again.
    using Question = std::function<bool(storage::Database& database, bool is_last)>;

    /// Asks now and then until the question has its answer or `patience` is over. False: too many questions wait.
    [[nodiscard]] bool ask(Question question, std::chrono::milliseconds patience);

    static constexpr std::size_t kWaitingMax = 1000;

private:
    struct Waiting {
        Question question;
        std::chrono::steady_clock::time_point until;
    };
    void run();

    std::unique_ptr<storage::Database> database_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Waiting> waiting_ PULSE_GUARDED_BY(mutex_);
    bool stopping_ PULSE_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

}  // namespace pulse::app
