#include "net/redis/detail/command.h"
#include "net/redis/detail/context.h"
#include "net/redis/detail/node_set.h"
#include "net/redis/detail/router.h"
#include "net/redis/detail/slot_map.h"

#include <algorithm>
#include <set>
#include <utility>

namespace pulse::net::redis::detail {
namespace {

using std::chrono::milliseconds;

/// Between two questions for the map, and while something of it is wrong.
constexpr milliseconds kAskAtMost{100};
constexpr milliseconds kAskAgain{500};

/// The masters of a cluster and which slots they serve. The map is asked of any node that is up, at
/// start from the seeds, and again when a server redirects, a node is lost or a slot has no node.
/// Source: https://redis.io/docs/reference/cluster-spec/ "Client first connection and handling of
/// redirections", read 2026-11-21.
class ClusterRouter final : public Router {
public:
    ClusterRouter(Context& context, RouterOwner& owner)
        : context_(context),
          owner_(owner),
          known_(context.settings.address.hosts),
          nodes_(context, Login::Peer::server, owner),
          slots_(kSlots, nullptr),
          question_(*this),
          timer_(
              context.loop, [](void* self) { static_cast<ClusterRouter*>(self)->ask(); }, this) {
        connect_to_known();
    }

    [[nodiscard]] Node* node_for(const Call& call) override {
        return call.has_slot ? slots_[call.slot] : any_node();
    }
    [[nodiscard]] std::optional<std::string> why_none() const override {
        if (has_map_) {
            return "no node of the cluster serves this slot";
        }
        for (const auto& [server, node] : nodes_.nodes()) {
            if (node->state() != NodeState::down) {
                return std::nullopt;
            }
        }
        return "no node of the cluster is up";
    }

    [[nodiscard]] Node* moved(std::uint16_t slot, const HostPort& server) override {
        Node* const node = nodes_.get(server);
        slots_[slot] = node;
        want_map();
        return node;
    }
    [[nodiscard]] Node* asked(const HostPort& server) override { return nodes_.get(server); }
    void on_not_master(Node& /*node*/, const std::string& /*reason*/) override { want_map(); }
    void on_node_state(Node& node) override {
        if (nodes_.find(node.server()) != &node) {
            return;  // one that has been retired
        }
        if (node.state() != NodeState::up || !has_map_) {
            want_map();
        }
        owner_.on_routes_changed();
    }

    [[nodiscard]] NodeState state() const override {
        const NodeState none = why_none() ? NodeState::down : NodeState::connecting;
        return has_map_ ? nodes_.state() : none;
    }
    [[nodiscard]] std::vector<NodeStatus> statuses() const override { return nodes_.statuses(); }
    [[nodiscard]] std::optional<HostPort> server_to_subscribe() override {
        // Every node passes on what is published at any of them.
        Node* const node = any_node();
        return node != nullptr ? std::optional{node->server()} : std::nullopt;
    }

private:
    /// Waits for the answer to CLUSTER SLOTS.
    class Question final : public ReplyHandler {
    public:
        explicit Question(ClusterRouter& router) : router_(router) {}
        void on_reply(const Reply& reply) override { router_.take_map(reply); }
        void on_failure(const Failure& /*failure*/) override { router_.timer_.arm(kAskAtMost); }

    private:
        ClusterRouter& router_;
    };

    [[nodiscard]] Node* any_node() const {
        for (const auto& [server, node] : nodes_.nodes()) {
            if (node->state() == NodeState::up) {
                return node.get();
            }
        }
        return nullptr;
    }

    void connect_to_known() {
        for (const HostPort& server : known_) {
            (void)nodes_.get(server);
        }
    }

    void want_map() {
        if (!question_.is_waiting() && !timer_.is_armed()) {
            const auto since = context_.clock.steady_now() - asked_at_;
            timer_.arm(since < kAskAtMost ? kAskAtMost : milliseconds{0});
        }
    }

    /// The nodes in turn: one that is up may be cut off from the others and know nothing new.
    void ask() {
        if (question_.is_waiting()) {
            return;
        }
        const NodeSet::Nodes& nodes = nodes_.nodes();
        auto next = nodes.upper_bound(asked_);
        for (std::size_t i = 0; i < nodes.size(); ++i, ++next) {
            next = next == nodes.end() ? nodes.begin() : next;
            if (next->second->state() == NodeState::up) {
                ask(*next->second);
                return;
            }
        }
        connect_to_known();
        timer_.arm(kAskAgain);
    }

    void ask(Node& node) {
        asked_ = node.server();
        asked_at_ = context_.clock.steady_now();
        CallPtr call = context_.calls.open(question_);
        call->bytes = "*2\r\n$7\r\nCLUSTER\r\n$5\r\nSLOTS\r\n";
        node.send(std::move(call));
    }

    void take_map(const Reply& reply) {
        const auto map = read_slot_map(reply, asked_.host);
        if (!map) {
            timer_.arm(kAskAgain);
            return;
        }
        has_map_ = true;
        std::vector<Node*> slots(kSlots, nullptr);
        std::set<HostPort> masters;
        for (const SlotMap::Range& range : map->ranges) {
            Node* const node = nodes_.get(range.master);
            std::fill(slots.begin() + range.first, slots.begin() + range.last + 1, node);
            masters.insert(range.master);
        }
        slots_ = std::move(slots);
        know(map->servers);
        retire_all_but(masters);
        const bool is_whole = std::find(slots_.begin(), slots_.end(), nullptr) == slots_.end();
        if (!is_whole || nodes_.state() == NodeState::down) {
            timer_.arm(kAskAgain);
        }
        owner_.on_routes_changed();
    }

    /// The seeds stay known, whatever the cluster says.
    void know(const std::vector<HostPort>& servers) {
        known_ = context_.settings.address.hosts;
        known_.insert(known_.end(), servers.begin(), servers.end());
    }

    void retire_all_but(const std::set<HostPort>& masters) {
        std::vector<HostPort> former;
        for (const auto& [server, node] : nodes_.nodes()) {
            if (!masters.contains(server)) {
                former.push_back(server);
            }
        }
        for (const HostPort& server : former) {
            nodes_.retire(server);
        }
    }

    Context& context_;
    RouterOwner& owner_;
    std::vector<HostPort> known_;
    NodeSet nodes_;
    std::vector<Node*> slots_;  // null: nobody serves it
    bool has_map_ = false;
    HostPort asked_;
    SteadyTime asked_at_{};
    Question question_;
    Timer timer_;
};

}  // namespace

std::unique_ptr<Router> make_cluster_router(Context& context, RouterOwner& owner) {
    return std::make_unique<ClusterRouter>(context, owner);
}

}  // namespace pulse::net::redis::detail
