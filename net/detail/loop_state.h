#pragma once

#include "net/loop.h"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pulse::net::detail {

namespace asio = boost::asio;

/// What a Loop is made of: Asio's io_context and a hashed timer wheel that is driven by one Asio
/// timer, and only while something is armed. Lives on one worker.
class LoopState {
public:
    static constexpr std::chrono::milliseconds kTick{50};

    LoopState();
    ~LoopState();
    LoopState(const LoopState&) = delete;
    LoopState& operator=(const LoopState&) = delete;

    [[nodiscard]] asio::io_context& io() { return io_; }
    void run();
    void stop();

    void arm(Timer& timer, std::chrono::milliseconds delay);
    void cancel(Timer& timer);

private:
    using SteadyTimer = asio::basic_waitable_timer<
        std::chrono::steady_clock,
        asio::wait_traits<std::chrono::steady_clock>,
        asio::io_context::executor_type>;
    // 51.2 s a turn: a longer delay is passed over once a turn, which costs less than a second
    // level would.
    static constexpr std::size_t kSlots = 1024;

    [[nodiscard]] std::uint64_t ticks_until(SteadyTime time) const;
    [[nodiscard]] TimerLink& slot_of(std::uint64_t tick) { return slots_[tick % kSlots]; }
    void await_tick();
    void on_tick();
    void run_slot(std::uint64_t tick);

    const SteadyTime epoch_ = std::chrono::steady_clock::now();
    std::array<TimerLink, kSlots> slots_;  // rings; each slot is its own list's head
    std::uint64_t tick_ = 0;               // every slot up to this tick has been run
    std::size_t armed_ = 0;
    bool is_ticking_ = false;
    // Behind the wheel: what its handlers own may hold timers, and is destroyed with it.
    asio::io_context io_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    SteadyTimer ticker_;
};

}  // namespace pulse::net::detail
