#pragma once

#include "net/loop.h"

#include <functional>
#include <future>
#include <thread>
#include <utility>

namespace pulse::net {

/// A loop that runs on its own thread; what lives on it is made, asked and destroyed by run().
class LoopThread {
public:
    LoopThread() : thread_([this] { loop_.run(); }) {}
    ~LoopThread() {
        loop_.stop();
        thread_.join();
    }
    [[nodiscard]] Loop& loop() { return loop_; }

    /// Runs `task` on the loop's thread and waits for its result.
    template <class Task>
    auto run(Task task) {
        std::packaged_task<decltype(task())()> job{std::move(task)};
        auto result = job.get_future();
        loop_.post([&job] { job(); });
        return result.get();
    }

private:
    Loop loop_;
    std::thread thread_;
};

}  // namespace pulse::net
