#include "net/redis/client.h"

#include "base/assert.h"
#include "net/redis/detail/command.h"
#include "net/redis/detail/context.h"
#include "net/redis/detail/dispatcher.h"
#include "net/redis/detail/subscriber.h"

#include <utility>

namespace pulse::net::redis {
namespace detail {

Context::Context(
    Loop& loop_of_client,
    const Clock& clock_of_client,
    ClientSettings settings_of_client,
    NodeObserver* observer_of_client)
    : loop(loop_of_client),
      clock(clock_of_client),
      settings(std::move(settings_of_client)),
      observer(observer_of_client),
      turn(loop),
      closed(turn),
      calls(loop, clock, settings.deadline, metrics),
      random(std::random_device{}()) {}

}  // namespace detail

std::string_view to_string(NodeState state) {
    switch (state) {
        case NodeState::connecting:
            return "connecting";
        case NodeState::up:
            return "up";
        case NodeState::down:
            return "down";
    }
    return {};
}

struct Client::Impl {
    Impl(Loop& loop, const Clock& clock, ClientSettings settings, NodeObserver* observer)
        : context(loop, clock, std::move(settings), observer),
          dispatcher(context),
          subscriber(context, dispatcher.router()) {}

    /// A call of the key's slot, where slots matter.
    [[nodiscard]] detail::CallPtr open(std::string_view slot_key, ReplyHandler& handler) {
        detail::CallPtr call = context.calls.open(handler);
        if (is_cluster && !slot_key.empty()) {
            call->slot = detail::slot_of(slot_key);
            call->has_slot = true;
        }
        return call;
    }

    detail::Context context;
    detail::Dispatcher dispatcher;
    detail::Subscriber subscriber;
    const bool is_cluster = context.settings.address.topology == Topology::cluster;
};

Client::Client(Loop& loop, const Clock& clock, ClientSettings settings, NodeObserver* observer) {
    PULSE_ASSERT(!settings.address.hosts.empty());
    PULSE_ASSERT(settings.address.uses_tls == (settings.tls != nullptr));
    impl_ = std::make_unique<Impl>(loop, clock, std::move(settings), observer);
}

Client::~Client() = default;

void Client::eval(
    const Script& script,
    std::span<const std::string_view> keys,
    std::span<const std::string_view> args,
    ReplyHandler& handler) {
    PULSE_ASSERT(!keys.empty());
    detail::CallPtr call = impl_->open(keys.front(), handler);
    detail::append_evalsha(call->bytes, script, keys, args);
    call->script = &script;
    impl_->dispatcher.dispatch(std::move(call));
}

void Client::command(
    std::string_view slot_key, std::span<const std::string_view> words, ReplyHandler& handler) {
    PULSE_ASSERT(!words.empty());
    detail::CallPtr call = impl_->open(slot_key, handler);
    detail::append_command(call->bytes, words);
    impl_->dispatcher.dispatch(std::move(call));
}

void Client::subscribe(std::string_view channel, SubscriptionHandler& handler) {
    impl_->subscriber.subscribe(channel, handler);
}

void Client::unsubscribe(SubscriptionHandler& handler) {
    impl_->subscriber.unsubscribe(handler);
}

bool Client::is_available(std::string_view slot_key) const {
    detail::Call call;
    if (impl_->is_cluster && !slot_key.empty()) {
        call.slot = detail::slot_of(slot_key);
        call.has_slot = true;
    }
    const detail::Router& router = impl_->dispatcher.router();
    const detail::Node* const node = impl_->dispatcher.router().node_for(call);
    return node != nullptr ? node->state() != NodeState::down : !router.why_none();
}

NodeState Client::state() const {
    return impl_->dispatcher.router().state();
}

std::vector<NodeStatus> Client::nodes() const {
    return impl_->dispatcher.router().statuses();
}

ClientMetrics Client::metrics() const {
    ClientMetrics metrics = impl_->context.metrics;
    metrics.in_flight = impl_->context.calls.size();
    return metrics;
}

}  // namespace pulse::net::redis
