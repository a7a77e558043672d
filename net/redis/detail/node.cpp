#include "net/redis/detail/node.h"

#include "base/assert.h"
#include "net/redis/detail/context.h"

#include <chrono>
#include <utility>

namespace pulse::net::redis::detail {
namespace {

using std::chrono::milliseconds;

/// A connection that was lost so soon is not opened again at once.
constexpr milliseconds kYoung{1'000};

}  // namespace

Node::Node(Context& context, HostPort server, Login::Peer peer, NodeOwner& owner)
    : context_(context),
      server_(std::move(server)),
      name_(to_string(server_)),
      peer_(peer),
      owner_(owner),
      timer_(
          context.loop, [](void* self) { static_cast<Node*>(self)->on_timer(); }, this),
      probe_(*this) {
    connect();
}

Node::~Node() {
    context_.closed.take(std::move(connection_));
}

NodeStatus Node::status() const {
    return {.node = name_, .state = state_, .reason = reason_};
}

void Node::connect() {
    connection_ = std::make_unique<Connection>(
        context_,
        server_,
        Login{context_.settings.address, peer_},
        static_cast<ConnectionOwner&>(*this));
    connection_->open();
}

std::optional<Failure> Node::refusal(std::size_t bytes) const {
    if (state_ == NodeState::down) {
        return Failure{.kind = Failure::Kind::unavailable, .text = name_ + " is down: " + reason_};
    }
    const ClientSettings& settings = context_.settings;
    const bool is_full =
        sent_.size() + unsent_.size() >= settings.in_flight_max ||
        (connection_ && connection_->unsent_bytes() + bytes > settings.unsent_bytes_max);
    if (is_full) {
        return Failure{
            .kind = Failure::Kind::overloaded, .text = name_ + ": too many calls wait for replies"};
    }
    return std::nullopt;
}

void Node::send(CallPtr call, std::string_view before) {
    call->holder = this;
    if (is_connected()) {
        write(std::move(call), before);
    } else {
        call->is_asking = false;  // by then the slot may have moved: the server will say
        unsent_.push_back(std::move(call));
    }
}

void Node::write(CallPtr call, std::string_view before) {
    if (!before.empty()) {
        CallPtr first = context_.calls.open_unheard();
        first->holder = this;
        connection_->send(before);
        sent_.push_back(std::move(first));
    }
    connection_->send(call->bytes);
    call->is_sent = true;
    sent_.push_back(std::move(call));
}

void Node::on_ready() {
    connected_at_ = context_.clock.steady_now();
    become_up();
    while (!unsent_.empty() && is_connected()) {
        CallPtr call = std::move(unsent_.front());
        unsent_.pop_front();
        if (call->handler == nullptr) {
            context_.calls.discard(std::move(call));
        } else {
            write(std::move(call), {});
        }
    }
}

void Node::on_reply(const Reply& reply) {
    if (sent_.empty()) {
        on_closed(
            {.kind = Failure::Kind::protocol, .text = name_ + ": a reply that nobody asked for"});
        return;
    }
    has_heard_ = true;
    probes_missed_ = 0;
    CallPtr call = std::move(sent_.front());
    sent_.pop_front();
    if (call->handler == nullptr) {
        context_.calls.discard(std::move(call));
        if (state_ == NodeState::down) {
            send_probe();  // it answers again: the sooner it is known, the better
        }
        return;
    }
    misses_ = 0;
    if (call->handler == &probe_) {
        context_.calls.reply(std::move(call), reply);
    } else {
        owner_.on_reply(*this, std::move(call), reply);
    }
}

void Node::on_closed(const Failure& failure) {
    const bool is_young = context_.clock.steady_now() - connected_at_ < kYoung;
    const bool tries_at_once = state_ == NodeState::up && !is_young;
    give_up_connection(
        failure, tries_at_once ? std::nullopt : std::optional<std::string>{failure.text});
}

void Node::drop(const std::string& reason) {
    give_up_connection(
        {.kind = Failure::Kind::connection_lost, .text = name_ + ": " + reason}, reason);
}

/// First the state, then the calls: who is told may call again.
void Node::give_up_connection(Failure failure, std::optional<std::string> reason_to_be_down) {
    context_.closed.take(std::move(connection_));
    std::deque<CallPtr> lost = std::exchange(sent_, {});
    if (reason_to_be_down) {
        become_down(*reason_to_be_down);
    } else {
        become(NodeState::connecting, failure.text);
        ++context_.metrics.reconnects;
        connect();
    }
    if (failure.kind == Failure::Kind::unavailable) {
        failure.kind = Failure::Kind::connection_lost;
    }
    while (!lost.empty()) {
        CallPtr call = std::move(lost.front());
        lost.pop_front();
        context_.calls.fail(std::move(call), failure);
    }
}

Failure Node::failure_of_missed(const Call& call) const {
    if (!call.is_sent) {
        return {.kind = Failure::Kind::unavailable, .text = name_ + ": no connection in time"};
    }
    return {
        .kind = Failure::Kind::deadline,
        .text = name_ + ": no reply within " + std::to_string(context_.settings.deadline.count()) +
                " ms"};
}

void Node::on_missed() {
    if (++misses_ >= context_.settings.misses_max && state_ != NodeState::down) {
        become_down(
            is_connected() ? std::to_string(misses_) + " calls in a row without a reply in time"
                           : "no connection in time");
    }
}

void Node::become_up() {
    misses_ = 0;
    probes_missed_ = 0;
    backoff_.reset();
    has_heard_ = true;
    arm_idle_check();
    become(NodeState::up, {});
}

void Node::become_down(const std::string& reason) {
    timer_.arm(backoff_.next(context_.random));
    become(NodeState::down, reason);
    const Failure failure{
        .kind = Failure::Kind::unavailable, .text = name_ + " is down: " + reason};
    std::deque<CallPtr> unsent = std::exchange(unsent_, {});
    while (!unsent.empty()) {
        CallPtr call = std::move(unsent.front());
        unsent.pop_front();
        context_.calls.fail(std::move(call), failure);
    }
}

void Node::become(NodeState state, const std::string& reason) {
    reason_ = reason;
    if (std::exchange(state_, state) == state) {
        return;
    }
    if (context_.observer != nullptr) {
        context_.observer->on_node_state(status());
    }
    owner_.on_node_state(*this);
}

}  // namespace pulse::net::redis::detail
