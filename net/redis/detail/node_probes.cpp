#include "net/redis/detail/context.h"
#include "net/redis/detail/node.h"
#include "net/redis/detail/server_error.h"

#include <chrono>
#include <utility>

namespace pulse::net::redis::detail {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kIdleCheck{2'000};
constexpr milliseconds kNextProbe{100};
/// Without a byte from the server: the connection may be dead where the server is not.
constexpr int kProbesMissedMax = 3;

}  // namespace

void Node::arm_idle_check() {
    timer_.arm(kIdleCheck);
}

void Node::send_probe() {
    if (!probe_.is_waiting()) {
        CallPtr call = context_.calls.open(probe_);
        call->bytes = "*1\r\n$4\r\nPING\r\n";
        call->holder = this;
        write(std::move(call), {});
    }
}

void Node::on_probe_reply(const Reply& reply) {
    const ServerError error = server_error_of(reply);
    if (error.kind == ServerError::Kind::loading || error.kind == ServerError::Kind::not_master) {
        drop(std::string{reply.text()});
        return;
    }
    if (state_ == NodeState::down) {
        become_up();
    } else {
        arm_idle_check();
    }
}

void Node::on_probe_missed() {
    if (!is_connected()) {
        return;  // whoever closed it has seen to the next attempt
    }
    ++probes_missed_;
    timer_.arm(state_ == NodeState::down ? backoff_.next(context_.random) : kNextProbe);
}

void Node::on_timer() {
    if (connection_ == nullptr) {
        ++context_.metrics.reconnects;
        connect();
    } else if (!is_connected()) {
        return;  // under way, with a time-out of its own
    } else if (state_ == NodeState::down && probes_missed_ >= kProbesMissedMax) {
        give_up_connection(
            {.kind = Failure::Kind::connection_lost, .text = name_ + ": it says nothing"}, reason_);
        connect();
    } else if (state_ == NodeState::down || !std::exchange(has_heard_, false)) {
        send_probe();
    } else {
        arm_idle_check();
    }
}

}  // namespace pulse::net::redis::detail
