#pragma once

#include "base/error.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/tls.h"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pulse::net::detail {

namespace asio = boost::asio;

/// Concrete executor: the type-erased default costs an allocation and two virtual calls per
/// operation.
using Socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

/// What a Stream is inside: a plain or a TLS socket. Pending operations hold it alive, and find it
/// closed. Lives on one worker.
class StreamState : public std::enable_shared_from_this<StreamState> {
public:
    explicit StreamState(Socket socket);
    virtual ~StreamState();
    StreamState(const StreamState&) = delete;
    StreamState& operator=(const StreamState&) = delete;

    [[nodiscard]] bool is_open() const { return socket_.is_open(); }
    [[nodiscard]] bool is_reading() const { return reader_ != nullptr; }
    [[nodiscard]] bool is_writing() const { return writer_ != nullptr; }
    [[nodiscard]] const std::string& peer_address() const { return peer_address_; }

    void async_read(std::span<char> buffer, ReadHandler& handler);
    void async_wait_reset(ReadHandler& handler);
    void cancel_read();
    void async_wait_input(ReadHandler& handler);
    void cancel_wait_input() { watcher_ = nullptr; }
    [[nodiscard]] bool has_input();
    [[nodiscard]] WriteProgress write(
        std::span<const std::string_view> parts, WriteHandler& handler);
    [[nodiscard]] std::string_view unsent() const {
        return std::string_view{unsent_}.substr(sent_);
    }
    [[nodiscard]] virtual std::uint64_t bytes_sent() const { return bytes_given_; }
    [[nodiscard]] bool has_acknowledged_beyond(std::uint64_t mark);
    void shutdown_send();
    void close();
    void reset();

    [[nodiscard]] virtual bool is_tls() const = 0;

protected:
    /// Starts a read into read_buffer().
    virtual void start_read() = 0;
    /// Sends as much as goes without waiting, adds what is left to `unsent_`; false when the
    /// connection is broken.
    [[nodiscard]] virtual bool send_now(std::span<const std::string_view> parts) = 0;
    /// Waits until some of `unsent_` may be sent, sends it, and calls finish_write() when nothing
    /// is left.
    virtual void start_write() = 0;
    /// Ends the sending direction; nothing is unsent.
    virtual void end_sending() = 0;
    /// Before the socket is closed; `politely` unless it is a reset.
    enum class Closing : std::uint8_t { politely, abruptly };
    virtual void before_close(Closing /*closing*/) {}

    void finish_read(StreamStatus status, std::size_t bytes);
    void finish_write(StreamStatus status);

    [[nodiscard]] Socket& socket() { return socket_; }
    [[nodiscard]] std::span<char> read_buffer() const { return read_buffer_; }
    [[nodiscard]] bool is_read_cancelled() const { return is_read_cancelled_; }
    void keep_unsent(std::span<const std::string_view> parts, std::size_t skip);
    void drop_sent(std::size_t bytes) { sent_ += bytes; }

private:
    void await_reset();
    void close(Closing closing);

    Socket socket_;
    std::string peer_address_;
    std::span<char> read_buffer_;
    ReadHandler* reader_ = nullptr;
    ReadHandler* watcher_ = nullptr;  // wants to know of input, until somebody reads
    bool is_awaiting_input_ = false;  // the wait may outlive the watcher that asked for it
    WriteHandler* writer_ = nullptr;
    bool is_read_cancelled_ = false;
    bool ends_after_write_ = false;
    std::string unsent_;  // a copy of what the kernel did not take
    std::size_t sent_ = 0;
    std::uint64_t bytes_given_ = 0;  // to write(), all of it
};

/// A connected socket as a plain stream; switches Nagle's algorithm off.
[[nodiscard]] Stream make_plain_stream(Socket socket);

/// A TLS handshake under way. Destroying it closes the socket, and OnDone is not called any more;
/// destroying it inside OnDone is allowed. The time-out is its owner's business. Lives on one
/// worker.
class TlsHandshake {
public:
    /// The open stream, or upstream_unavailable with the reason (never called inside start_…).
    using OnDone = std::function<void(Result<Stream>)>;
    virtual ~TlsHandshake() = default;
};

/// As a client of `host` (a name or an address), which the peer's certificate must be for.
[[nodiscard]] std::unique_ptr<TlsHandshake> start_client_handshake(
    Loop& loop,
    Socket socket,
    std::shared_ptr<TlsContext> tls,
    const std::string& host,
    TlsHandshake::OnDone on_done);
/// As a server, for an accepted socket.
[[nodiscard]] std::unique_ptr<TlsHandshake> start_server_handshake(
    Loop& loop, Socket socket, std::shared_ptr<TlsContext> tls, TlsHandshake::OnDone on_done);

}  // namespace pulse::net::detail
