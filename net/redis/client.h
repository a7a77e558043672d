#pragma once

#include "base/clock.h"
#include "net/loop.h"
#include "net/redis/address.h"
#include "net/redis/reply.h"
#include "net/redis/script.h"
#include "net/tls.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::net::redis {

/// Where a client connects to, and the bounds of everything that it does.
struct ClientSettings {
    RedisAddress address;
    std::shared_ptr<TlsContext> tls;         ///< open_redis_tls(address)
    std::chrono::milliseconds deadline{50};  ///< of each call, hops included; kept to about 2 ms
    std::chrono::milliseconds connect_timeout{
        1'000};                          ///< name look-up, TCP, TLS and log-in together
    std::size_t in_flight_max = 10'000;  ///< calls of one node without a reply; beyond: overloaded
    std::size_t unsent_bytes_max = 16
                                   << 20;  ///< of one node, in our write buffer; beyond: overloaded
    std::size_t reply_bytes_max = 16 << 20;  ///< beyond: protocol, and the connection is closed
    int misses_max = 5;                      ///< deadlines missed in a row that make a node down
};

/// What is known of a node.
enum class NodeState : std::uint8_t {
    connecting,  ///< calls wait for it, until their deadline
    up,
    down,  ///< calls fail at once; it is probed every 100 ms, later every second
};
[[nodiscard]] std::string_view to_string(NodeState state);

struct NodeStatus {
    std::string node;  ///< "127.0.0.1:6379"
    NodeState state = NodeState::connecting;
    std::string
        reason;  ///< why it is down: "no reply in time", "cannot connect …"; never a password
};

/// Hears of every change of a node's state, for the log and metrics. It must not call the client.
class NodeObserver {
public:
    virtual void on_node_state(const NodeStatus& status) = 0;

protected:
    ~NodeObserver() = default;
};

/// Hears what is published on a channel. Lives on one worker.
class SubscriptionHandler {
public:
    /// From now on messages come, until on_interrupted(). What was published before is lost: the
    /// time to read the present state.
    virtual void on_subscribed() = 0;
    virtual void on_message(std::string_view payload) = 0;
    /// Messages may be lost from here on; it is subscribed again as soon as a server is reached.
    virtual void on_interrupted() = 0;
    /// The server refuses it ("NOPERM …"); it is tried again every second.
    virtual void on_refused(std::string_view /*reason*/) {}

protected:
    ~SubscriptionHandler() = default;
};

/// Counts since the client was made; its own PINGs and CLUSTER SLOTS are calls too.
struct ClientMetrics {
    std::uint64_t calls = 0;
    std::uint64_t replies = 0;  ///< given to a handler, error replies included
    std::uint64_t deadlines = 0;
    std::uint64_t failures = 0;  ///< all others
    std::uint64_t writes = 0;    ///< flushes: each is one write of all that one loop turn issued
    std::uint64_t reconnects = 0;
    std::uint64_t redirects = 0;  ///< MOVED, ASK, TRYAGAIN, NOSCRIPT: calls sent again
    std::size_t in_flight = 0;    ///< now
};

/// One worker's client of a Redis or Valkey store: one server, a Sentinel set or a cluster, with
/// one connection for each node. What one loop turn issues leaves in one write; replies come in
/// order. Uses commands of Redis 5 only. Connects at once, and again by itself for as long as it
/// lives.
///
/// Each call ends at its handler, exactly once and never inside the call itself, in a reply or a
/// Failure; also what fails at once does so from the loop, in the same turn, without waiting. A
/// client that is destroyed calls nobody. Lives on one worker.
///
///     node      event                                         becomes
///     connecting  connected and logged in                     up
///     connecting  refused, timed out, wrong password          down
///     up          connection lost                             connecting
///     up, connecting  `misses_max` deadlines missed in a row  down
///     up          says LOADING, READONLY, MASTERDOWN          down
///     down        a probe (PING, or a new connection) is answered in time   up
class Client {
public:
    /// `observer` may be null; it outlives the client.
    Client(Loop& loop, const Clock& clock, ClientSettings settings, NodeObserver* observer);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Runs a script: EVALSHA, and once again as EVAL where the server does not have it. `keys`
    /// must not be empty; in a cluster all of them share a slot (a hash tag), which names the node.
    void eval(
        const Script& script,
        std::span<const std::string_view> keys,
        std::span<const std::string_view> args,
        ReplyHandler& handler);
    /// Any other command but blocking ones, MULTI, WATCH, SUBSCRIBE and SELECT, which would disturb
    /// the calls that share its connection. In a cluster the node is that of `slot_key`; empty:
    /// any.
    void command(
        std::string_view slot_key, std::span<const std::string_view> words, ReplyHandler& handler);

    /// On a connection of its own, made for the first subscription. A handler may have one channel.
    void subscribe(std::string_view channel, SubscriptionHandler& handler);
    /// It is not called any more.
    void unsubscribe(SubscriptionHandler& handler);

    /// Whether a call for this key would be sent, or at least wait for a connection, instead of
    /// failing at once. Always true where there is one node and it is not down.
    [[nodiscard]] bool is_available(std::string_view slot_key) const;
    /// `up` when every node that calls go to is up, `down` when one is down.
    [[nodiscard]] NodeState state() const;
    [[nodiscard]] std::vector<NodeStatus> nodes() const;
    [[nodiscard]] ClientMetrics metrics() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace pulse::net::redis
