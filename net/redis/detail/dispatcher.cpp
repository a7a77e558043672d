#include "net/redis/detail/dispatcher.h"

#include "net/redis/detail/command.h"
#include "net/redis/detail/context.h"
#include "net/redis/detail/server_error.h"

#include <chrono>

namespace pulse::net::redis::detail {
namespace {

constexpr int kHopsMax = 3;
/// Between two attempts at keys that are being moved.
constexpr std::chrono::milliseconds kTryAgain{5};
constexpr std::string_view kAsking = "*1\r\n$6\r\nASKING\r\n";

std::unique_ptr<Router> make_router(Context& context, RouterOwner& owner) {
    switch (context.settings.address.topology) {
        case Topology::sentinel:
            return make_sentinel_router(context, owner);
        case Topology::cluster:
            return make_cluster_router(context, owner);
        case Topology::single:
            break;
    }
    return make_single_router(context, owner);
}

/// A redirection without a host means the server that said it.
HostPort server_of(const ServerError& error, const Node& from) {
    HostPort server = error.server;
    if (server.host.empty()) {
        server.host = from.server().host;
    }
    return server;
}

}  // namespace

Dispatcher::Dispatcher(Context& context)
    : TurnTask(context.turn),
      context_(context),
      retry_(
          context.loop,
          [](void* self) { static_cast<Dispatcher*>(self)->dispatch_parked(); },
          this),
      router_(make_router(context, *this)) {}

Dispatcher::~Dispatcher() = default;

void Dispatcher::dispatch(CallPtr call) {
    Node* const node = router_->node_for(*call);
    if (node != nullptr) {
        send_to(node, std::move(call));
        return;
    }
    if (const auto reason = router_->why_none()) {
        fail_unsent(std::move(call), Failure::Kind::unavailable, *reason);
    } else {
        park(std::move(call));
    }
}

void Dispatcher::send_to(Node* node, CallPtr call) {
    if (node == nullptr) {
        fail_unsent(
            std::move(call),
            Failure::Kind::unavailable,
            "its slot's server is not known: a cluster needs redis+cluster://");
        return;
    }
    if (const auto refusal = node->refusal(call->bytes.size())) {
        fail_unsent(std::move(call), refusal->kind, refusal->text);
        return;
    }
    const std::string_view before = call->is_asking ? kAsking : std::string_view{};
    node->send(std::move(call), before);
}

void Dispatcher::on_reply(Node& node, CallPtr call, const Reply& reply) {
    if (!reply.is_error()) {
        context_.calls.reply(std::move(call), reply);
        return;
    }
    send_on(node, std::move(call), reply);
}

/// What a server says of itself ends the call in a failure or sends it on: it was not executed.
void Dispatcher::send_on(Node& from, CallPtr call, const Reply& reply) {
    using Kind = ServerError::Kind;
    const ServerError error = server_error_of(reply);
    const bool is_script_unknown = error.kind == Kind::no_script && call->script != nullptr;
    if (error.kind == Kind::none || (error.kind == Kind::no_script && !is_script_unknown)) {
        context_.calls.reply(std::move(call), reply);
        return;
    }
    call->is_sent = false;
    ++context_.metrics.redirects;
    // Keys that are being moved are asked for until the deadline; the rest would go in circles.
    if (error.kind != Kind::try_again && ++call->hops > kHopsMax) {
        fail_unsent(
            std::move(call),
            Failure::Kind::unavailable,
            "sent on too often, at last by " + from.status().node + ": " +
                std::string{reply.text()});
        return;
    }
    switch (error.kind) {
        case Kind::no_script:
            call->bytes = eval_of(call->bytes, *call->script);
            call->script = nullptr;
            send_to(&from, std::move(call));
            return;
        case Kind::moved:
            call->is_asking = false;
            send_to(router_->moved(error.slot, server_of(error, from)), std::move(call));
            return;
        case Kind::ask:
            call->is_asking = true;
            send_to(router_->asked(server_of(error, from)), std::move(call));
            return;
        case Kind::try_again:
            park(std::move(call));
            if (!retry_.is_armed()) {
                retry_.arm(kTryAgain);
            }
            return;
        case Kind::loading:
            from.drop(std::string{reply.text()});
            break;
        case Kind::cluster_down:
        case Kind::not_master:
            router_->on_not_master(from, std::string{reply.text()});
            break;
        case Kind::busy:
        case Kind::none:
            break;
    }
    fail_unsent(
        std::move(call),
        Failure::Kind::unavailable,
        from.status().node + ": " + std::string{reply.text()});
}

void Dispatcher::park(CallPtr call) {
    if (parked_.size() >= context_.settings.in_flight_max) {
        fail_unsent(std::move(call), Failure::Kind::overloaded, "too many calls wait for a server");
        return;
    }
    call->holder = this;
    parked_.push_back(std::move(call));
}

void Dispatcher::on_node_state(Node& node) {
    // A router makes its first nodes while it is made.
    if (router_ != nullptr) {
        router_->on_node_state(node);
    }
}

void Dispatcher::on_routes_changed() {
    has_new_routes_ = true;
    request();
}

void Dispatcher::dispatch_parked() {
    std::deque<CallPtr> parked = std::exchange(parked_, {});
    for (CallPtr& call : parked) {
        if (call->handler == nullptr) {
            context_.calls.discard(std::move(call));
        } else {
            dispatch(std::move(call));
        }
    }
}

Failure Dispatcher::failure_of_missed(const Call& /*call*/) const {
    return {.kind = Failure::Kind::unavailable, .text = "no server for it was found in time"};
}

void Dispatcher::on_missed() {
    while (!parked_.empty() && parked_.front()->handler == nullptr) {
        context_.calls.discard(std::move(parked_.front()));
        parked_.pop_front();
    }
}

/// Its handler hears of it when the turn ends, never inside the call that it made.
void Dispatcher::fail_unsent(CallPtr call, Failure::Kind kind, std::string text) {
    call->holder = this;
    failing_.emplace_back(std::move(call), Failure{.kind = kind, .text = std::move(text)});
    request();
}

void Dispatcher::at_end_of_turn() {
    for (auto& [call, failure] : std::exchange(failing_, {})) {
        context_.calls.fail(std::move(call), failure);
    }
    if (std::exchange(has_new_routes_, false)) {
        dispatch_parked();
    }
}

}  // namespace pulse::net::redis::detail
