#pragma once

#include "net/http/detail/connector.h"
#include "net/http/detail/name_lookup.h"
#include "net/loop.h"
#include "net/redis/address.h"
#include "net/redis/detail/end_of_turn.h"
#include "net/redis/detail/login.h"
#include "net/redis/detail/reply_parser.h"
#include "net/redis/reply.h"
#include "net/stream.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::net::redis::detail {

using net::detail::Connector;
using net::detail::ConnectTarget;
using net::detail::NameLookup;

struct Context;

/// Whom a connection belongs to. It may close or give up the connection in all of them.
class ConnectionOwner {
public:
    /// Logged in: commands may be sent.
    virtual void on_ready() = 0;
    /// The next reply, of what was sent in order or, for a subscriber, pushed.
    virtual void on_reply(const Reply& reply) = 0;
    /// Closed, or never opened: its last call. `unavailable` before it was ready, else
    /// `connection_lost` or `protocol`. The text names the server.
    virtual void on_closed(const Failure& failure) = 0;

protected:
    ~ConnectionOwner() = default;
};

/// One connection to one server, from the look-up of its name on. What a loop turn sends leaves in
/// one write. Lives on one worker.
///
///     opening ──TCP, TLS──▶ logging_in ──all steps answered──▶ ready
///        any, by failure or close() ──▶ closed
class Connection final : private ReadHandler, private WriteHandler, private TurnTask {
public:
    Connection(Context& context, HostPort server, Login login, ConnectionOwner& owner);
    ~Connection();

    /// The owner hears nothing inside it.
    void open();
    /// Of commands as RESP; when ready.
    void send(std::string_view commands);
    /// Nobody hears of it any more.
    void close();

    [[nodiscard]] bool is_ready() const { return state_ == State::ready; }
    /// Bytes that the kernel has not taken yet.
    [[nodiscard]] std::size_t unsent_bytes() const;

private:
    enum class State : std::uint8_t { opening, logging_in, ready, closed };

    void at_end_of_turn() override;
    void on_read(StreamStatus status, std::size_t bytes) override;
    void on_written(StreamStatus status) override;

    void connect();
    void on_connected(Result<Stream> stream);
    void read_on();
    void take_login_reply(const Reply& reply);
    void on_timeout();
    void fail(Failure::Kind kind, const std::string& reason);
    void finish(Failure::Kind kind, const std::string& text);

    Context& context_;
    HostPort server_;
    Login login_;
    ConnectionOwner& owner_;
    State state_ = State::opening;
    NameLookup lookup_;
    std::shared_ptr<Connector> connector_;
    Stream stream_;
    Timer timer_;  // of everything before ready
    ReplyParser parser_;
    std::size_t login_replies_ = 0;
    std::string unsent_;  // what this turn sends
    std::vector<char> buffer_;
};

}  // namespace pulse::net::redis::detail
