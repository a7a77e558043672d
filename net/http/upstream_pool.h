#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/tls.h"

namespace pulse::net {

/// Where a provider listens, and how its connections are kept.
struct Endpoint {
    std::string host;  ///< name or address
    std::uint16_t port = 443;
    std::shared_ptr<TlsContext> tls;  ///< null: plain
    std::size_t connections_max = 1000;         ///< of one worker; beyond it callers wait in order
    std::size_t waiters_max = 10'000;           ///< beyond it: overloaded
    std::size_t idle_max = 256;
    std::chrono::milliseconds idle_timeout{55'000};
    std::chrono::milliseconds connect_timeout{3'000};  ///< name look-up, TCP and TLS together
};

/// A connection to a provider while an exchange has it. `buffer` is the connection's own read buffer.
struct UpstreamConnection {
    Stream stream;
    bool reused = false;  ///< it has carried an earlier request: a reset before a byte may only mean that it was old
    std::uint64_t requests = 0;
};

/// Waits for a connection. Called once, possibly before acquire() returns.
class ConnectionHandler {
public:
    virtual void on_connection(Result<std::unique_ptr<UpstreamConnection>> connection) = 0;

protected:
    ~ConnectionHandler() = default;
};

struct PoolMetrics {
    std::size_t idle = 0;
    std::size_t busy = 0;
    std::size_t connecting = 0;
    std::size_t waiting = 0;
};

/// One worker's connections to one endpoint: last in, first out; idle ones are watched and dropped when the provider
/// closes or sends unasked; names are looked up off the loop and kept for 30 s; addresses are tried in order (IPv6 and
/// IPv4). TLS sessions are resumed. It outlives the connections and the waiters it has out. Lives on one worker.
class UpstreamPool {
public:
    [[nodiscard]] static std::unique_ptr<UpstreamPool> make(Loop& loop, Endpoint endpoint);
    virtual ~UpstreamPool() = default;

    /// `fresh`: only a new connection will do (the retry after a pooled one died).
    enum class Freshness { any, fresh };
    /// Errors to the handler: upstream_unavailable, upstream_timeout, overloaded.
    virtual void acquire(Freshness freshness, ConnectionHandler& handler) = 0;
    /// The handler will not be called any more.
    virtual void cancel(ConnectionHandler& handler) = 0;
    /// Gives back a connection whose answer was read to its end and that may carry another request.
    virtual void give_back(std::unique_ptr<UpstreamConnection> connection) = 0;
    /// Closes it.
    virtual void discard(std::unique_ptr<UpstreamConnection> connection) = 0;

    [[nodiscard]] virtual const Endpoint& endpoint() const = 0;
    [[nodiscard]] virtual PoolMetrics metrics() const = 0;
};

}  // namespace pulse::net
