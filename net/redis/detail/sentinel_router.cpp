#include "base/assert.h"
#include "net/redis/detail/backoff.h"
#include "net/redis/detail/command.h"
#include "net/redis/detail/connection.h"
#include "net/redis/detail/context.h"
#include "net/redis/detail/node_set.h"
#include "net/redis/detail/router.h"
#include "net/redis/detail/server_address.h"

#include <array>
#include <string_view>
#include <utility>

namespace pulse::net::redis::detail {
namespace {

/// The master of a Sentinel set. One sentinel is asked for it and listened to for its successors;
/// while the master is not up, the next sentinel is asked, again and again. Who the sentinels name
/// is believed once its own ROLE says so. Source:
/// https://redis.io/docs/reference/sentinel-clients/, read 2026-11-21.
class SentinelRouter final : public Router, private ConnectionOwner {
public:
    SentinelRouter(Context& context, RouterOwner& owner)
        : context_(context),
          owner_(owner),
          address_(context.settings.address),
          nodes_(context, Login::Peer::master, owner),
          timer_(
              context.loop,
              [](void* self) { static_cast<SentinelRouter*>(self)->ask_next(); },
              this) {
        ask_next();
    }
    ~SentinelRouter() override { context_.closed.take(std::move(sentinel_)); }
    SentinelRouter(const SentinelRouter&) = delete;
    SentinelRouter& operator=(const SentinelRouter&) = delete;

    [[nodiscard]] Node* node_for(const Call& /*call*/) override { return master_; }
    [[nodiscard]] std::optional<std::string> why_none() const override {
        const bool is_searching = failures_ < address_.hosts.size();
        return is_searching ? std::nullopt : std::optional{reason_};
    }

    void on_not_master(Node& node, const std::string& reason) override { node.drop(reason); }
    void on_node_state(Node& node) override {
        if (&node != master_) {
            return;  // a former one
        }
        if (node.state() == NodeState::up) {
            backoff_.reset();
            if (sentinel_ != nullptr) {
                timer_.cancel();
            }
        } else if (!timer_.is_armed()) {
            timer_.arm(backoff_.next(context_.random));
        }
        owner_.on_routes_changed();
    }

    [[nodiscard]] NodeState state() const override {
        const NodeState none = why_none() ? NodeState::down : NodeState::connecting;
        return master_ != nullptr ? master_->state() : none;
    }
    [[nodiscard]] std::vector<NodeStatus> statuses() const override { return nodes_.statuses(); }
    [[nodiscard]] std::optional<HostPort> server_to_subscribe() override {
        return master_ != nullptr ? std::optional{master_->server()} : std::nullopt;
    }

private:
    void ask_next() {
        context_.closed.take(std::move(sentinel_));
        has_answered_ = false;
        sentinel_ = std::make_unique<Connection>(
            context_,
            address_.hosts[next_],
            Login{address_, Login::Peer::sentinel},
            static_cast<ConnectionOwner&>(*this));
        next_ = (next_ + 1) % address_.hosts.size();
        sentinel_->open();
    }

    void on_ready() override {
        std::string commands;
        append_command(
            commands,
            std::array<std::string_view, 3>{
                "SENTINEL", "get-master-addr-by-name", address_.master_name});
        append_command(commands, std::array<std::string_view, 2>{"SUBSCRIBE", "+switch-master"});
        sentinel_->send(commands);
    }

    void on_reply(const Reply& reply) override {
        if (!std::exchange(has_answered_, true)) {
            take_answer(reply);
        } else if (reply.at(0).text() == "message") {
            take_switch(reply.at(2).text());
        }
    }

    void take_answer(const Reply& reply) {
        const auto master = read_server(reply.at(0), reply.at(1), {});
        if (!master) {
            fail(
                reply.is_error() ? "a sentinel says " + std::string{reply.text()}
                                 : "the sentinels know no master \"" + address_.master_name + "\"");
            return;
        }
        failures_ = 0;
        take_master(*master);
        // It stays connected for news; while the master is not up, another sentinel may know more.
        if (master_->state() != NodeState::up) {
            timer_.arm(backoff_.next(context_.random));
        }
    }

    /// "master-name old-ip old-port new-ip new-port".
    void take_switch(std::string_view text) {
        std::array<std::string_view, 5> words;
        for (std::string_view& word : words) {
            word = text.substr(0, text.find(' '));
            text.remove_prefix(std::min(word.size() + 1, text.size()));
        }
        const auto master = read_server(words[3], words[4]);
        if (words[0] == address_.master_name && master) {
            take_master(*master);
        }
    }

    void take_master(const HostPort& server) {
        if (master_ != nullptr && master_->server() == server) {
            return;
        }
        Node* const former = std::exchange(master_, nodes_.get(server));
        PULSE_ASSERT(master_ != nullptr);
        if (former != nullptr) {
            nodes_.retire(HostPort{former->server()});
        }
        owner_.on_routes_changed();
    }

    void on_closed(const Failure& failure) override { fail(failure.text); }

    void fail(const std::string& reason) {
        context_.closed.take(std::move(sentinel_));
        reason_ = reason;
        if (++failures_ == address_.hosts.size()) {
            owner_.on_routes_changed();  // those who wait for a master hear that there is none
        }
        // The first round goes from sentinel to sentinel without waiting.
        const bool waits = failures_ >= address_.hosts.size();
        timer_.arm(waits ? backoff_.next(context_.random) : std::chrono::milliseconds{0});
    }

    Context& context_;
    RouterOwner& owner_;
    const RedisAddress& address_;
    NodeSet nodes_;
    Node* master_ = nullptr;
    std::unique_ptr<Connection> sentinel_;
    bool has_answered_ = false;
    std::size_t next_ = 0;
    std::size_t failures_ = 0;  // sentinels in a row that named no master
    std::string reason_;
    Backoff backoff_;
    Timer timer_;
};

}  // namespace

std::unique_ptr<Router> make_sentinel_router(Context& context, RouterOwner& owner) {
    return std::make_unique<SentinelRouter>(context, owner);
}

}  // namespace pulse::net::redis::detail
