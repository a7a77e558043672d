#pragma once

#include "net/loop.h"
#include "net/redis/address.h"
#include "net/redis/client.h"
#include "net/redis/detail/login.h"
#include "net/redis/detail/node.h"

#include <map>
#include <memory>
#include <vector>

namespace pulse::net::redis::detail {

struct Context;

/// The nodes of one client by address. Those that are no longer wanted stay until the calls on them
/// have ended. Lives on one worker.
class NodeSet {
public:
    static constexpr std::size_t kNodesMax = 1024;

    NodeSet(Context& context, Login::Peer peer, NodeOwner& owner);
    NodeSet(const NodeSet&) = delete;
    NodeSet& operator=(const NodeSet&) = delete;

    /// Made, and connected, when there is none yet. Null when there are too many.
    [[nodiscard]] Node* get(const HostPort& server);
    [[nodiscard]] Node* find(const HostPort& server) const;
    /// No call goes to it from now on.
    void retire(const HostPort& server);

    using Nodes = std::map<HostPort, std::unique_ptr<Node>>;
    [[nodiscard]] const Nodes& nodes() const { return nodes_; }
    [[nodiscard]] std::vector<NodeStatus> statuses() const;
    /// `down` when one is down or there is none, `up` when all are up.
    [[nodiscard]] NodeState state() const;

private:
    void on_timer();

    Context& context_;
    Login::Peer peer_;
    NodeOwner& owner_;
    Nodes nodes_;
    std::vector<std::unique_ptr<Node>> retired_;
    Timer timer_;
};

}  // namespace pulse::net::redis::detail
