#pragma once

#include "net/loop.h"
#include "net/redis/client.h"
#include "net/redis/detail/backoff.h"
#include "net/redis/detail/connection.h"
#include "net/redis/detail/router.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::net::redis::detail {

struct Context;

/// The subscriptions of a client, on one connection: in RESP2 one that has subscribed can do
/// nothing else. It is looked at every second, and made anew when the server says nothing or
/// another one has become the one to ask. Lives on one worker.
class Subscriber final : private ConnectionOwner {
public:
    Subscriber(Context& context, Router& router);
    ~Subscriber();
    Subscriber(const Subscriber&) = delete;
    Subscriber& operator=(const Subscriber&) = delete;

    void subscribe(std::string_view channel, SubscriptionHandler& handler);
    void unsubscribe(SubscriptionHandler& handler);

private:
    struct Subscription {
        std::string channel;
        SubscriptionHandler* handler;  // null: gone, perhaps while it was called
        bool is_active = false;
    };

    void on_ready() override;
    void on_reply(const Reply& reply) override;
    void on_closed(const Failure& failure) override;

    void connect();
    void reconnect_later();
    void send_subscribe(std::string_view channel);
    void on_timer();
    [[nodiscard]] bool has_channel(std::string_view channel) const;
    [[nodiscard]] bool is_connected() const { return connection_ && connection_->is_ready(); }

    Context& context_;
    Router& router_;
    std::vector<Subscription> subscriptions_;
    std::unique_ptr<Connection> connection_;
    HostPort server_;
    bool is_pinged_ = false;  // and nothing came since
    Backoff backoff_;
    Timer timer_;
};

}  // namespace pulse::net::redis::detail
