#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "base/assert.h"
#include "gateway/ports.h"
#include "storage/database.h"

namespace pulse::app {

/// Looks requests up on a thread of its own. Thread-safe.
class RequestReader final : public gateway::RequestLookup {
public:
    explicit RequestReader(std::unique_ptr<storage::Database> database);
    ~RequestReader() override;

    void find(const Uuid& id, net::Loop& loop, Answer answer) override;

    static constexpr std::size_t kWaitingMax = 1000;

private:
    struct Question {
        Uuid id;
        net::Loop* loop = nullptr;
        Answer answer;
        std::chrono::steady_clock::time_point until;
    };
    void run();
    /// Answers it, or says that it has to be asked again.
    [[nodiscard]] bool try_answer(Question& question);

    std::unique_ptr<storage::Database> database_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Question> questions_ PULSE_GUARDED_BY(mutex_);
    bool stopping_ PULSE_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

}  // namespace pulse::app
