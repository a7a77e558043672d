#pragma once

#include "base/clock.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace pulse::net {

namespace detail {
class LoopState;  // the io_context and the timer wheel

/// A place in a ring of the timer wheel.
struct TimerLink {
    TimerLink* previous = nullptr;
    TimerLink* next = nullptr;
};
}  // namespace detail

/// One event loop of one thread, with a coarse timer wheel. Everything made with a Loop lives on
/// its thread; post() and stop() alone are thread-safe.
class Loop {
public:
    Loop();
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Runs until stop(). The thread that calls it is the loop's thread.
    void run();
    void stop();
    void post(std::function<void()> task);

    [[nodiscard]] detail::LoopState& state() { return *state_; }

private:
    std::unique_ptr<detail::LoopState> state_;
};

/// A deadline in the loop's wheel: arming, re-arming and cancelling cost a few pointer writes, no
/// system call. Resolution 50 ms, never early. Destroying it cancels it. Lives on one worker.
class Timer : private detail::TimerLink {
public:
    using Callback = void (*)(void* self);
    Timer(Loop& loop, Callback callback, void* self);
    ~Timer();
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    void arm(std::chrono::milliseconds delay);
    void cancel();
    [[nodiscard]] bool is_armed() const { return previous != nullptr; }

private:
    friend class detail::LoopState;
    detail::LoopState& loop_;
    Callback callback_;
    void* self_;
    std::uint64_t due_tick_ = 0;
};

}  // namespace pulse::net
