#include "net/redis/detail/context.h"
#include "net/redis/detail/node_set.h"
#include "net/redis/detail/router.h"

#include <array>

namespace pulse::net::redis::detail {

Node* Router::moved(std::uint16_t /*slot*/, const HostPort& /*server*/) {
    return nullptr;
}
Node* Router::asked(const HostPort& /*server*/) {
    return nullptr;
}

namespace {

/// One server; or several, of which the first that is up is it: who is no master is never up.
class SingleRouter final : public Router {
public:
    SingleRouter(Context& context, RouterOwner& owner)
        : hosts_(context.settings.address.hosts),
          owner_(owner),
          nodes_(context, hosts_.size() > 1 ? Login::Peer::master : Login::Peer::server, owner) {
        for (const HostPort& host : hosts_) {
            (void)nodes_.get(host);
        }
    }

    [[nodiscard]] Node* node_for(const Call& /*call*/) override { return &best(); }
    [[nodiscard]] std::optional<std::string> why_none() const override { return std::nullopt; }

    void on_not_master(Node& node, const std::string& reason) override {
        if (hosts_.size() > 1) {
            node.drop(reason);
        }
    }
    void on_node_state(Node& /*node*/) override { owner_.on_routes_changed(); }

    [[nodiscard]] NodeState state() const override { return best().state(); }
    [[nodiscard]] std::vector<NodeStatus> statuses() const override { return nodes_.statuses(); }
    [[nodiscard]] std::optional<HostPort> server_to_subscribe() override { return best().server(); }

private:
    /// An up one before one that is connecting before one that is down, in the URL's order.
    [[nodiscard]] Node& best() const {
        for (const NodeState state : {NodeState::up, NodeState::connecting}) {
            for (const HostPort& host : hosts_) {
                Node* const node = nodes_.find(host);
                if (node->state() == state) {
                    return *node;
                }
            }
        }
        return *nodes_.find(hosts_.front());
    }

    std::vector<HostPort> hosts_;
    RouterOwner& owner_;
    NodeSet nodes_;
};

}  // namespace

std::unique_ptr<Router> make_single_router(Context& context, RouterOwner& owner) {
    return std::make_unique<SingleRouter>(context, owner);
}

}  // namespace pulse::net::redis::detail
