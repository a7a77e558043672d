#pragma once

#include "base/assert.h"
#include "base/clock.h"
#include "gateway/routing/routes.h"
#include "storage/database.h"

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace pulse::app {

/// What becomes of calls that no price was known for, on a thread of its own beside the gateway:
/// once an hour the log names their models, and when newer prices know one, its calls are rated
/// again, with both values kept. A database that is away is asked again after a minute.
/// Thread-safe.
class PriceLearning {
public:
    PriceLearning(
        std::unique_ptr<storage::Database> database, std::shared_ptr<const gateway::Routes> routes);
    ~PriceLearning();
    PriceLearning(const PriceLearning&) = delete;
    PriceLearning& operator=(const PriceLearning&) = delete;

    /// Newer prices, in force from now on.
    void adopt(std::shared_ptr<const gateway::Routes> routes);

private:
    void run();
    void learn();
    /// False when the database cannot be read or written.
    [[nodiscard]] bool rate_again(const gateway::Routes& routes, TimePoint from, TimePoint to);
    void name_unpriced();

    // Of the thread alone.
    std::unique_ptr<storage::Database> database_;
    std::shared_ptr<const gateway::Routes> learned_;  ///< whose prices all rows were looked at with
    TimePoint learned_at_;
    TimePoint named_until_;
    std::map<std::pair<std::string, std::string>, TimePoint> named_;  ///< bounded

    std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<const gateway::Routes> routes_ PULSE_GUARDED_BY(mutex_);
    TimePoint adopted_at_ PULSE_GUARDED_BY(mutex_);
    bool is_adopted_ PULSE_GUARDED_BY(mutex_) = true;  ///< and not looked at yet
    std::atomic<bool> stopping_{false};
    std::thread thread_;
};

}  // namespace pulse::app
