#pragma once

#include "net/redis/detail/call.h"
#include "net/redis/detail/end_of_turn.h"
#include "net/redis/detail/fine_timer.h"
#include "net/redis/detail/node.h"
#include "net/redis/detail/router.h"

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pulse::net::redis::detail {

/// Brings each call to the node that its router names, and on to the next one where a server says
/// so: at most three times, and within the call's deadline. Lives on one worker.
class Dispatcher final : private RouterOwner, private CallHolder, private TurnTask {
public:
    explicit Dispatcher(Context& context);
    ~Dispatcher();

    void dispatch(CallPtr call);
    [[nodiscard]] Router& router() const { return *router_; }

private:
    void on_reply(Node& node, CallPtr call, const Reply& reply) override;
    void on_node_state(Node& node) override;
    void on_routes_changed() override;
    [[nodiscard]] Failure failure_of_missed(const Call& call) const override;
    void on_missed() override;
    void at_end_of_turn() override;

    void send_to(Node* node, CallPtr call);
    void send_on(Node& from, CallPtr call, const Reply& reply);
    void park(CallPtr call);
    void dispatch_parked();
    void fail_unsent(CallPtr call, Failure::Kind kind, std::string text);

    Context& context_;
    std::deque<CallPtr> parked_;  // until a node is known, or a migration goes on
    FineTimer retry_;
    std::vector<std::pair<CallPtr, Failure>> failing_;  // until the turn ends
    bool has_new_routes_ = false;
    std::unique_ptr<Router> router_;  // the last: it may call back while it is made
};

}  // namespace pulse::net::redis::detail
