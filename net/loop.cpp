#include "net/loop.h"

#include "base/assert.h"
#include "net/detail/loop_state.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace pulse::net {
namespace detail {
namespace {

bool is_empty(const TimerLink& ring) {
    return ring.next == &ring;
}

void clear(TimerLink& ring) {
    ring.next = ring.previous = &ring;
}

void append(TimerLink& ring, TimerLink& link) {
    link.previous = ring.previous;
    link.next = &ring;
    ring.previous->next = &link;
    ring.previous = &link;
}

void unlink(TimerLink& link) {
    link.previous->next = link.next;
    link.next->previous = link.previous;
    link.previous = link.next = nullptr;
}

}  // namespace

// One thread runs the context and alone touches its sockets, so the reactor needs no locks; the
// scheduler keeps its own: other threads post.
LoopState::LoopState()
    : io_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO), work_(io_.get_executor()), ticker_(io_) {
    for (TimerLink& slot : slots_) {
        clear(slot);
    }
}

LoopState::~LoopState() = default;

void LoopState::run() {
    io_.run();
}

void LoopState::stop() {
    io_.stop();
}

std::uint64_t LoopState::ticks_until(SteadyTime time) const {
    return static_cast<std::uint64_t>((time - epoch_) / kTick);
}

void LoopState::arm(Timer& timer, std::chrono::milliseconds delay) {
    cancel(timer);
    const auto now = std::chrono::steady_clock::now();
    if (!is_ticking_) {
        tick_ = ticks_until(now);  // the wheel is empty: nothing is passed over
    }
    // Rounded up, so that no timer is early, and never into a slot that has been run.
    timer.due_tick_ = std::max(ticks_until(now + delay + kTick), tick_ + 1);
    append(slot_of(timer.due_tick_), timer);
    ++armed_;
    if (!is_ticking_) {
        is_ticking_ = true;
        await_tick();
    }
}

void LoopState::cancel(Timer& timer) {
    if (timer.is_armed()) {
        unlink(timer);
        --armed_;
    }
}

void LoopState::await_tick() {
    ticker_.expires_at(epoch_ + static_cast<std::int64_t>(tick_ + 1) * kTick);
    ticker_.async_wait([this](const boost::system::error_code& error) {
        if (!error) {
            on_tick();
        }
    });
}

void LoopState::on_tick() {
    const std::uint64_t now = ticks_until(std::chrono::steady_clock::now());
    if (now > tick_ + kSlots) {
        tick_ = now - kSlots;  // a long stall: one turn sees every timer
    }
    while (tick_ < now) {
        run_slot(++tick_);
    }
    is_ticking_ = armed_ > 0;
    if (is_ticking_) {
        await_tick();
    }
}

void LoopState::run_slot(std::uint64_t tick) {
    TimerLink& slot = slot_of(tick);
    // Callbacks arm, cancel and destroy timers, of this slot too: take the ring away and look only
    // at its first.
    TimerLink ring;
    clear(ring);
    if (!is_empty(slot)) {
        ring = slot;
        ring.next->previous = ring.previous->next = &ring;
        clear(slot);
    }
    while (!is_empty(ring)) {
        Timer& timer = static_cast<Timer&>(*ring.next);
        unlink(timer);
        if (timer.due_tick_ > tick) {
            append(slot, timer);
            continue;
        }
        --armed_;
        timer.callback_(timer.self_);
    }
}

}  // namespace detail

Loop::Loop() : state_(std::make_unique<detail::LoopState>()) {}
Loop::~Loop() = default;

void Loop::run() {
    state_->run();
}
void Loop::stop() {
    state_->stop();
}
void Loop::post(std::function<void()> task) {
    boost::asio::post(state_->io(), std::move(task));
}

Timer::Timer(Loop& loop, Callback callback, void* self)
    : loop_(loop.state()), callback_(callback), self_(self) {
    PULSE_ASSERT(callback != nullptr);
}
Timer::~Timer() {
    cancel();
}

void Timer::arm(std::chrono::milliseconds delay) {
    loop_.arm(*this, delay);
}
void Timer::cancel() {
    loop_.cancel(*this);
}

}  // namespace pulse::net
