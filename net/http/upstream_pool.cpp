#include "net/http/upstream_pool.h"

#include "base/assert.h"
#include "net/http/detail/connector.h"
#include "net/http/detail/idle_connections.h"
#include "net/http/detail/name_lookup.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>
#include <vector>

namespace pulse::net {

namespace {

using detail::Connector;
using std::chrono::milliseconds;

struct Waiter {
    ConnectionHandler* handler;
    UpstreamPool::Freshness freshness;
};

class Pool final : public UpstreamPool {
public:
    Pool(Loop& loop, Endpoint endpoint);
    ~Pool() override;

    void acquire(Freshness freshness, ConnectionHandler& handler) override;
    void cancel(ConnectionHandler& handler) override;
    void give_back(std::unique_ptr<UpstreamConnection> connection) override;
    void discard(std::unique_ptr<UpstreamConnection> connection) override;

    [[nodiscard]] const Endpoint& endpoint() const override { return endpoint_; }
    [[nodiscard]] PoolMetrics metrics() const override {
        return {idle_.size(), busy_, connectors_.size(), waiters_.size()};
    }

private:
    void connect_for_waiters() { connect_for_waiters(endpoint_.connect_timeout); }
    void connect_for_waiters(milliseconds timeout);
    void look_up();
    void on_looked_up();
    void on_lookup_timeout();
    void start_connector(std::vector<detail::NameLookup::Address> addresses, milliseconds timeout);
    void on_connector_done(Connector& connector, Result<Stream> stream);
    void hand_over(std::unique_ptr<UpstreamConnection> connection, Freshness freshness);
    void fail_first(const Error& error);
    void fail_all(const Error& error);
    [[nodiscard]] bool make_room();

    Loop& loop_;
    Endpoint endpoint_;
    detail::NameLookup lookup_;
    SteadyTime lookup_started_{};
    detail::IdleConnections idle_;
    std::deque<Waiter> waiters_;
    std::vector<std::shared_ptr<Connector>> connectors_;
    std::size_t busy_ = 0;
    Timer lookup_timer_;
};

Pool::Pool(Loop& loop, Endpoint endpoint)
    : loop_(loop),
      endpoint_(std::move(endpoint)),
      lookup_(loop, endpoint_.host, endpoint_.port),
      idle_(loop, endpoint_.idle_max, endpoint_.idle_timeout),
      lookup_timer_(
          loop, [](void* self) { static_cast<Pool*>(self)->on_lookup_timeout(); }, this) {}

Pool::~Pool() {
    for (const auto& connector : connectors_) {
        connector->cancel();
    }
}

void Pool::acquire(Freshness freshness, ConnectionHandler& handler) {
    if (freshness == Freshness::any) {
        if (auto connection = idle_.take()) {
            ++busy_;
            handler.on_connection(std::move(connection));
            return;
        }
    }
    if (waiters_.size() >= endpoint_.waiters_max) {
        handler.on_connection(
            Error{Errc::overloaded, "too many requests wait for " + endpoint_.host});
        return;
    }
    waiters_.push_back({&handler, freshness});
    connect_for_waiters();
}

void Pool::cancel(ConnectionHandler& handler) {
    const auto found = std::find_if(waiters_.begin(), waiters_.end(), [&](const Waiter& waiter) {
        return waiter.handler == &handler;
    });
    if (found != waiters_.end()) {
        waiters_.erase(found);
    }
}

void Pool::give_back(std::unique_ptr<UpstreamConnection> connection) {
    const Stream& stream = connection->stream;
    if (!stream.is_open() || stream.is_reading() || stream.is_writing()) {
        discard(std::move(connection));
        return;
    }
    PULSE_ASSERT(busy_ > 0);
    --busy_;
    ++connection->requests;
    connection->reused = true;
    hand_over(std::move(connection), Freshness::any);
}

void Pool::discard(std::unique_ptr<UpstreamConnection> connection) {
    PULSE_ASSERT(busy_ > 0);
    connection.reset();
    --busy_;
    connect_for_waiters();
}

/// To the first who waits for such a connection, or to the idle ones.
void Pool::hand_over(std::unique_ptr<UpstreamConnection> connection, Freshness freshness) {
    const auto waiter = std::find_if(waiters_.begin(), waiters_.end(), [&](const Waiter& each) {
        return freshness == Freshness::fresh || each.freshness == Freshness::any;
    });
    if (waiter == waiters_.end()) {
        idle_.put(std::move(connection));
        connect_for_waiters();
        return;
    }
    ConnectionHandler& handler = *waiter->handler;
    waiters_.erase(waiter);
    ++busy_;
    handler.on_connection(std::move(connection));
}

/// Sees to it that every waiter has a connection under way, as far as the limit allows.
void Pool::connect_for_waiters(milliseconds timeout) {
    if (connectors_.size() >= waiters_.size() || lookup_.is_running()) {
        return;
    }
    if (!lookup_.is_fresh(std::chrono::steady_clock::now())) {
        look_up();
        return;
    }
    auto addresses = lookup_.addresses();
    if (!addresses) {
        fail_all(addresses.error());
        return;
    }
    while (connectors_.size() < waiters_.size() && make_room()) {
        start_connector(*addresses, timeout);
    }
}

/// Whether one more connection may be opened; an idle one that nobody waiting may have gives way.
bool Pool::make_room() {
    if (idle_.size() + busy_ + connectors_.size() < endpoint_.connections_max) {
        return true;
    }
    if (idle_.empty()) {
        return false;
    }
    idle_.drop_oldest();
    return true;
}

void Pool::look_up() {
    lookup_started_ = std::chrono::steady_clock::now();
    lookup_timer_.arm(endpoint_.connect_timeout);
    lookup_.start([this] { on_looked_up(); });
}

void Pool::on_looked_up() {
    lookup_timer_.cancel();
    // The look-up counts into the connect time-out.
    const auto spent = std::chrono::duration_cast<milliseconds>(
        std::chrono::steady_clock::now() - lookup_started_);
    connect_for_waiters(std::max(endpoint_.connect_timeout - spent, milliseconds{1}));
}

void Pool::on_lookup_timeout() {
    fail_all(Error{Errc::upstream_timeout, "cannot look up " + endpoint_.host + " in time"});
    if (lookup_.is_running()) {
        lookup_timer_.arm(endpoint_.connect_timeout);
    }
}

void Pool::start_connector(
    std::vector<detail::NameLookup::Address> addresses, milliseconds timeout) {
    connectors_.push_back(std::make_shared<Connector>(
        loop_,
        detail::ConnectTarget{
            .host = endpoint_.host,
            .tls = endpoint_.tls,
            .addresses = std::move(addresses),
            .timeout = timeout},
        [this](Connector& connector, Result<Stream> stream) {
            on_connector_done(connector, std::move(stream));
        }));
    connectors_.back()->start();
}

void Pool::on_connector_done(Connector& connector, Result<Stream> stream) {
    for (std::size_t i = 0; i < connector.failed(); ++i) {
        lookup_.demote(connector.target().addresses[i]);
    }
    const auto at = std::find_if(connectors_.begin(), connectors_.end(), [&](const auto& each) {
        return each.get() == &connector;
    });
    connectors_.erase(at);
    if (!stream) {
        fail_first(stream.error());
        connect_for_waiters();
        return;
    }
    auto connection = std::make_unique<UpstreamConnection>();
    connection->stream = std::move(*stream);
    hand_over(std::move(connection), Freshness::fresh);
}

void Pool::fail_first(const Error& error) {
    if (waiters_.empty()) {
        return;
    }
    ConnectionHandler& handler = *waiters_.front().handler;
    waiters_.pop_front();
    handler.on_connection(error);
}

void Pool::fail_all(const Error& error) {
    // Only those who wait now: a handler may ask again while it is told.
    for (std::size_t left = waiters_.size(); left > 0; --left) {
        fail_first(error);
    }
}

}  // namespace

std::unique_ptr<UpstreamPool> UpstreamPool::make(Loop& loop, Endpoint endpoint) {
    return std::make_unique<Pool>(loop, std::move(endpoint));
}

}  // namespace pulse::net
