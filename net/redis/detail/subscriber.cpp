#include "net/redis/detail/subscriber.h"

#include "base/assert.h"
#include "net/redis/detail/command.h"
#include "net/redis/detail/context.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <utility>

namespace pulse::net::redis::detail {
namespace {

constexpr std::chrono::milliseconds kCheck{1'000};

std::string command_of(std::string_view name, std::string_view channel) {
    std::string out;
    append_command(out, std::array{name, channel});
    return out;
}

}  // namespace

Subscriber::Subscriber(Context& context, Router& router)
    : context_(context),
      router_(router),
      timer_(
          context.loop, [](void* self) { static_cast<Subscriber*>(self)->on_timer(); }, this) {}

Subscriber::~Subscriber() {
    context_.closed.take(std::move(connection_));
}

void Subscriber::subscribe(std::string_view channel, SubscriptionHandler& handler) {
    unsubscribe(handler);
    subscriptions_.push_back({.channel = std::string{channel}, .handler = &handler});
    if (is_connected()) {
        send_subscribe(channel);
    } else if (connection_ == nullptr && !timer_.is_armed()) {
        connect();
    }
}

void Subscriber::unsubscribe(SubscriptionHandler& handler) {
    for (Subscription& each : subscriptions_) {
        if (each.handler == &handler) {
            each.handler = nullptr;
            if (is_connected() && !has_channel(each.channel)) {
                connection_->send(command_of("UNSUBSCRIBE", each.channel));
            }
        }
    }
}

bool Subscriber::has_channel(std::string_view channel) const {
    return std::any_of(subscriptions_.begin(), subscriptions_.end(), [&](const Subscription& each) {
        return each.handler != nullptr && each.channel == channel;
    });
}

void Subscriber::send_subscribe(std::string_view channel) {
    connection_->send(command_of("SUBSCRIBE", channel));
}

void Subscriber::connect() {
    const auto server = router_.server_to_subscribe();
    if (!server) {
        timer_.arm(backoff_.next(context_.random));
        return;
    }
    server_ = *server;
    connection_ = std::make_unique<Connection>(
        context_,
        server_,
        Login{context_.settings.address, Login::Peer::server},
        static_cast<ConnectionOwner&>(*this));
    connection_->open();
}

void Subscriber::on_ready() {
    is_pinged_ = false;
    timer_.arm(kCheck);
    for (const Subscription& each : subscriptions_) {
        if (each.handler != nullptr) {
            send_subscribe(each.channel);
        }
    }
}

/// Of RESP2: ["subscribe", channel, count], ["message", channel, payload], ["pong", ""].
void Subscriber::on_reply(const Reply& reply) {
    const bool is_pong = std::exchange(is_pinged_, false);
    if (reply.is_error() && !is_pong) {
        for (std::size_t i = 0; i < subscriptions_.size(); ++i) {
            if (subscriptions_[i].handler != nullptr && !subscriptions_[i].is_active) {
                subscriptions_[i].handler->on_refused(reply.text());
            }
        }
        on_closed({.kind = Failure::Kind::connection_lost, .text = std::string{reply.text()}});
        return;
    }
    backoff_.reset();
    const std::string_view what = reply.at(0).text();
    const bool is_start = what == "subscribe";
    if (!is_start && what != "message") {
        return;
    }
    // A handler may subscribe and unsubscribe: by index, and no entry goes away meanwhile.
    for (std::size_t i = 0; i < subscriptions_.size(); ++i) {
        SubscriptionHandler* const handler = subscriptions_[i].handler;
        if (handler == nullptr || subscriptions_[i].channel != reply.at(1).text()) {
            continue;
        }
        if (!is_start) {
            handler->on_message(reply.at(2).text());
        } else if (!std::exchange(subscriptions_[i].is_active, true)) {
            handler->on_subscribed();
        }
    }
}

void Subscriber::on_closed(const Failure& /*failure*/) {
    reconnect_later();
}

void Subscriber::reconnect_later() {
    context_.closed.take(std::move(connection_));
    timer_.arm(backoff_.next(context_.random));
    for (std::size_t i = 0; i < subscriptions_.size(); ++i) {
        if (std::exchange(subscriptions_[i].is_active, false) &&
            subscriptions_[i].handler != nullptr) {
            subscriptions_[i].handler->on_interrupted();
        }
    }
}

void Subscriber::on_timer() {
    std::erase_if(subscriptions_, [](const Subscription& each) { return each.handler == nullptr; });
    if (connection_ == nullptr) {
        connect();
    } else if (is_connected()) {
        const auto best = router_.server_to_subscribe();
        if (is_pinged_ || (best && *best != server_)) {
            reconnect_later();
            return;
        }
        is_pinged_ = true;
        connection_->send("*1\r\n$4\r\nPING\r\n");
        timer_.arm(kCheck);
    }
}

}  // namespace pulse::net::redis::detail
