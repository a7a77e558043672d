#include "net/redis/detail/node_set.h"

#include "net/redis/detail/context.h"

#include <chrono>
#include <utility>

namespace pulse::net::redis::detail {

NodeSet::NodeSet(Context& context, Login::Peer peer, NodeOwner& owner)
    : context_(context),
      peer_(peer),
      owner_(owner),
      timer_(
          context.loop, [](void* self) { static_cast<NodeSet*>(self)->on_timer(); }, this) {}

Node* NodeSet::get(const HostPort& server) {
    if (Node* const known = find(server)) {
        return known;
    }
    if (nodes_.size() >= kNodesMax) {
        return nullptr;
    }
    return (nodes_[server] = std::make_unique<Node>(context_, server, peer_, owner_)).get();
}

Node* NodeSet::find(const HostPort& server) const {
    const auto found = nodes_.find(server);
    return found == nodes_.end() ? nullptr : found->second.get();
}

void NodeSet::retire(const HostPort& server) {
    const auto found = nodes_.find(server);
    if (found == nodes_.end()) {
        return;
    }
    retired_.push_back(std::move(found->second));
    nodes_.erase(found);
    // By then each of its calls has had its reply or missed its deadline.
    constexpr std::chrono::seconds kLeast{1};
    timer_.arm(
        std::chrono::duration_cast<std::chrono::milliseconds>(kLeast + context_.settings.deadline));
}

void NodeSet::on_timer() {
    retired_.clear();
}

std::vector<NodeStatus> NodeSet::statuses() const {
    std::vector<NodeStatus> statuses;
    for (const auto& [server, node] : nodes_) {
        statuses.push_back(node->status());
    }
    return statuses;
}

NodeState NodeSet::state() const {
    NodeState state = nodes_.empty() ? NodeState::connecting : NodeState::up;
    for (const auto& [server, node] : nodes_) {
        if (node->state() == NodeState::down) {
            return NodeState::down;
        }
        state = node->state() == NodeState::connecting ? NodeState::connecting : state;
    }
    return state;
}

}  // namespace pulse::net::redis::detail
