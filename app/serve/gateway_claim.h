#pragma once

#include "base/assert.h"
#include "storage/sole_gateway.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>

namespace pulse::app {

/// Keeps a second gateway off a database on which this one counts limits in its own memory
/// (`policy.store: embedded`): two would let through what neither knows of the other. Looks every
/// few seconds, on a thread of its own, whether the claim stands. A running gateway goes on
/// whatever it finds, and says so loudly. Thread-safe.
class GatewayClaim {
public:
    /// A gateway that has just ended may take moments to let go: it is waited for. Errors:
    /// configuration, where another one is there, with the setting that helps;
    /// storage_unavailable.
    [[nodiscard]] static Result<std::unique_ptr<GatewayClaim>> make(std::string_view store_url);
    ~GatewayClaim();
    GatewayClaim(const GatewayClaim&) = delete;
    GatewayClaim& operator=(const GatewayClaim&) = delete;

private:
    using Standing = storage::SoleGateway::Standing;
    explicit GatewayClaim(std::unique_ptr<storage::SoleGateway> sole);
    [[nodiscard]] Result<void> take();
    void run();
    [[nodiscard]] bool look();

    std::unique_ptr<storage::SoleGateway> sole_;
    Standing last_ = Standing::held;
    std::chrono::steady_clock::time_point complained_at_{};
    std::mutex mutex_;
    std::condition_variable stop_asked_;
    bool stopping_ PULSE_GUARDED_BY(mutex_) = false;
    std::thread thread_;
};

}  // namespace pulse::app
