#pragma once

#include "base/clock.h"
#include "net/loop.h"
#include "net/redis/address.h"
#include "net/redis/client.h"
#include "net/redis/detail/backoff.h"
#include "net/redis/detail/call.h"
#include "net/redis/detail/connection.h"
#include "net/redis/detail/login.h"
#include "net/redis/reply.h"

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::net::redis::detail {

struct Context;
class Node;

/// Whom a node's replies go to.
class NodeOwner {
public:
    /// The end of a call that somebody still waits for.
    virtual void on_reply(Node& node, CallPtr call, const Reply& reply) = 0;
    virtual void on_node_state(Node& node) = 0;

protected:
    ~NodeOwner() = default;
};

/// One server: its connection, the calls on it in their order, and the breaker. The states and what
/// changes them: net/redis/client.h. A server that says nothing is sent a PING every two seconds;
/// one that is down a PING or a new connection at growing intervals, up to a second. Lives on one
/// worker.
class Node final : public CallHolder, private ConnectionOwner {
public:
    Node(Context& context, HostPort server, Login::Peer peer, NodeOwner& owner);
    ~Node();
    Node(const Node&) = delete;
    Node& operator=(const Node&) = delete;

    [[nodiscard]] const HostPort& server() const { return server_; }
    [[nodiscard]] NodeState state() const { return state_; }
    [[nodiscard]] NodeStatus status() const;

    /// Why a call of so many bytes cannot be taken now; nothing when it can.
    [[nodiscard]] std::optional<Failure> refusal(std::size_t bytes) const;
    /// Sends it, or keeps it until connected. `before`: a command to send ahead of it ("ASKING").
    void send(CallPtr call, std::string_view before = {});
    /// The server said that it cannot serve: the connection is closed, the node down until a new
    /// one is logged in.
    void drop(const std::string& reason);

private:
    /// Waits for the answer to a PING.
    class Probe final : public ReplyHandler {
    public:
        explicit Probe(Node& node) : node_(node) {}
        void on_reply(const Reply& reply) override { node_.on_probe_reply(reply); }
        void on_failure(const Failure& /*failure*/) override { node_.on_probe_missed(); }

    private:
        Node& node_;
    };

    [[nodiscard]] Failure failure_of_missed(const Call& call) const override;
    void on_missed() override;
    void on_ready() override;
    void on_reply(const Reply& reply) override;
    void on_closed(const Failure& failure) override;

    void connect();
    void give_up_connection(Failure failure, std::optional<std::string> reason_to_be_down);
    void write(CallPtr call, std::string_view before);
    void arm_idle_check();
    void send_probe();
    void on_probe_reply(const Reply& reply);
    void on_probe_missed();
    void on_timer();
    void become_up();
    void become_down(const std::string& reason);
    void become(NodeState state, const std::string& reason);
    [[nodiscard]] bool is_connected() const { return connection_ && connection_->is_ready(); }

    Context& context_;
    HostPort server_;
    std::string name_;
    Login::Peer peer_;
    NodeOwner& owner_;
    NodeState state_ = NodeState::connecting;
    std::string reason_;
    std::unique_ptr<Connection> connection_;
    SteadyTime connected_at_{};
    std::deque<CallPtr> sent_;    // in the order of their replies
    std::deque<CallPtr> unsent_;  // until connected
    int misses_ = 0;              // deadlines in a row
    int probes_missed_ = 0;       // in a row, without a byte from the server
    bool has_heard_ = false;      // since the timer last looked
    Backoff backoff_;
    Timer timer_;
    Probe probe_;
};

}  // namespace pulse::net::redis::detail
