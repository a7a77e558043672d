#include "net/redis/detail/call.h"

#include "base/assert.h"

#include <algorithm>
#include <utility>

namespace pulse::net::redis {

void ReplyHandler::forget() {
    detail::CallTable::forget(*this);
}

namespace detail {
namespace {

constexpr std::size_t kUnusedMax = 1024;
constexpr std::size_t kBytesKept = 4096;  // of a call that is used again

}  // namespace

Call::~Call() {
    if (handler != nullptr) {
        CallTable::forget(*handler);
    }
}

CallTable::CallTable(
    Loop& loop, const Clock& clock, std::chrono::milliseconds deadline, ClientMetrics& metrics)
    : clock_(clock),
      deadline_(deadline),
      metrics_(metrics),
      timer_(
          loop, [](void* self) { static_cast<CallTable*>(self)->on_timer(); }, this) {
    oldest_.older = oldest_.newer = &oldest_;
}

CallTable::~CallTable() {
    while (oldest_.newer != &oldest_) {
        (void)detach(*oldest_.newer);
    }
}

CallPtr CallTable::open(ReplyHandler& handler) {
    PULSE_ASSERT(!handler.is_waiting());
    CallPtr call = open_unheard();
    call->handler = &handler;
    handler.call_ = call.get();
    call->due = clock_.steady_now() + deadline_;
    link(*call);
    ++metrics_.calls;
    if (!timer_.is_armed()) {
        timer_.arm(deadline_);
    }
    return call;
}

CallPtr CallTable::open_unheard() {
    if (unused_.empty()) {
        auto call = std::make_unique<Call>();
        call->table = this;
        return call;
    }
    CallPtr call = std::move(unused_.back());
    unused_.pop_back();
    return call;
}

void CallTable::reply(CallPtr call, const Reply& reply) {
    ReplyHandler* const handler = detach(*call);
    discard(std::move(call));
    if (handler != nullptr) {
        ++metrics_.replies;
        handler->on_reply(reply);
    }
}

void CallTable::fail(CallPtr call, const Failure& failure) {
    ReplyHandler* const handler = detach(*call);
    discard(std::move(call));
    if (handler != nullptr) {
        ++metrics_.failures;
        handler->on_failure(failure);
    }
}

void CallTable::discard(CallPtr call) {
    (void)detach(*call);
    if (unused_.size() >= kUnusedMax) {
        return;
    }
    call->bytes.clear();
    if (call->bytes.capacity() > kBytesKept) {
        call->bytes.shrink_to_fit();
    }
    call->script = nullptr;
    call->has_slot = call->is_asking = call->is_sent = false;
    call->hops = 0;
    call->holder = nullptr;
    unused_.push_back(std::move(call));
}

void CallTable::forget(ReplyHandler& handler) {
    if (handler.call_ != nullptr) {
        (void)handler.call_->table->detach(*handler.call_);
    }
}

void CallTable::link(Call& call) {
    call.older = oldest_.older;
    call.newer = &oldest_;
    call.older->newer = &call;
    oldest_.older = &call;
    ++size_;
}

void CallTable::unlink(Call& call) {
    call.older->newer = call.newer;
    call.newer->older = call.older;
    call.older = call.newer = nullptr;
    --size_;
}

/// Nobody waits for it from now on; who did until now.
ReplyHandler* CallTable::detach(Call& call) {
    if (call.handler == nullptr) {
        return nullptr;
    }
    unlink(call);
    ReplyHandler* const handler = std::exchange(call.handler, nullptr);
    handler->call_ = nullptr;
    return handler;
}

void CallTable::on_timer() {
    const SteadyTime now = clock_.steady_now();
    // A handler that is told may make a call, forget others, or destroy itself: only the list's
    // first is looked at. What is called for now is due later.
    while (oldest_.newer != &oldest_ && oldest_.newer->due <= now) {
        Call& call = *oldest_.newer;
        ReplyHandler* const handler = detach(call);
        CallHolder* const holder = call.holder;
        PULSE_ASSERT(holder != nullptr);
        const Failure failure = holder->failure_of_missed(call);
        ++(failure.kind == Failure::Kind::deadline ? metrics_.deadlines : metrics_.failures);
        handler->on_failure(failure);
        holder->on_missed();
    }
    arm_for_oldest();
}

void CallTable::arm_for_oldest() {
    if (oldest_.newer != &oldest_) {
        timer_.arm(std::max(
            oldest_.newer->due - clock_.steady_now(),
            SteadyTime::duration{std::chrono::milliseconds{1}}));
    }
}

}  // namespace detail
}  // namespace pulse::net::redis
