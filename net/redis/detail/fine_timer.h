#pragma once

#include "net/loop.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <memory>

namespace pulse::net::redis::detail {

/// A timer of the loop's own resolution (about a millisecond), for what its 50 ms wheel is too
/// coarse for. Lives on one worker.
class FineTimer {
public:
    using Callback = void (*)(void* self);
    FineTimer(Loop& loop, Callback callback, void* self);
    ~FineTimer();
    FineTimer(const FineTimer&) = delete;
    FineTimer& operator=(const FineTimer&) = delete;

    /// Calls back once, after the delay, which takes the place of an earlier one.
    void arm(std::chrono::steady_clock::duration delay);
    void cancel();
    [[nodiscard]] bool is_armed() const { return is_armed_; }

private:
    using Clock = std::chrono::steady_clock;
    using AsioTimer = boost::asio::basic_waitable_timer<
        Clock,
        boost::asio::wait_traits<Clock>,
        boost::asio::io_context::executor_type>;
    /// What a wait holds: one that is over already cannot be cancelled, and finds its owner gone.
    struct Link {
        FineTimer* owner;
    };

    AsioTimer timer_;
    Callback callback_;
    void* self_;
    std::shared_ptr<Link> link_;
    std::uint64_t armings_ = 0;
    bool is_armed_ = false;
};

}  // namespace pulse::net::redis::detail
