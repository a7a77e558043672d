#include "net/redis/detail/fine_timer.h"

#include "net/detail/loop_state.h"

namespace pulse::net::redis::detail {

FineTimer::FineTimer(Loop& loop, Callback callback, void* self)
    : timer_(loop.state().io()),
      callback_(callback),
      self_(self),
      link_(std::make_shared<Link>(Link{this})) {}

FineTimer::~FineTimer() {
    link_->owner = nullptr;
}

void FineTimer::arm(std::chrono::steady_clock::duration delay) {
    is_armed_ = true;
    timer_.expires_after(delay);
    timer_.async_wait([link = link_, arming = ++armings_](const boost::system::error_code& error) {
        FineTimer* const owner = link->owner;
        if (error || owner == nullptr || !owner->is_armed_ || owner->armings_ != arming) {
            return;
        }
        owner->is_armed_ = false;
        owner->callback_(owner->self_);
    });
}

void FineTimer::cancel() {
    is_armed_ = false;
    timer_.cancel();
}

}  // namespace pulse::net::redis::detail
