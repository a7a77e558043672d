#pragma once

#include "net/redis/address.h"
#include "net/redis/client.h"
#include "net/redis/detail/call.h"
#include "net/redis/detail/node.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pulse::net::redis::detail {

struct Context;

/// Hears that calls which found no node may find one now.
class RouterOwner : public NodeOwner {
public:
    virtual void on_routes_changed() = 0;

protected:
    ~RouterOwner() = default;
};

/// Knows which node a call goes to: one per Topology. Lives on one worker.
class Router {
public:
    virtual ~Router() = default;

    /// Null when no node is known for it now.
    [[nodiscard]] virtual Node* node_for(const Call& call) = 0;
    /// Why there is none and waiting does not help; nothing while the first search goes on.
    [[nodiscard]] virtual std::optional<std::string> why_none() const = 0;

    /// A server said so. Null when there is no cluster, or the node cannot be made.
    [[nodiscard]] virtual Node* moved(std::uint16_t slot, const HostPort& server);
    [[nodiscard]] virtual Node* asked(const HostPort& server);
    /// The node serves no longer what it is asked for: find out who does.
    virtual void on_not_master(Node& node, const std::string& reason) = 0;
    virtual void on_node_state(Node& node) = 0;

    [[nodiscard]] virtual NodeState state() const = 0;
    [[nodiscard]] virtual std::vector<NodeStatus> statuses() const = 0;
    /// Where to subscribe; nothing when no server is known.
    [[nodiscard]] virtual std::optional<HostPort> server_to_subscribe() = 0;
};

[[nodiscard]] std::unique_ptr<Router> make_single_router(Context& context, RouterOwner& owner);
[[nodiscard]] std::unique_ptr<Router> make_sentinel_router(Context& context, RouterOwner& owner);
[[nodiscard]] std::unique_ptr<Router> make_cluster_router(Context& context, RouterOwner& owner);

}  // namespace pulse::net::redis::detail
