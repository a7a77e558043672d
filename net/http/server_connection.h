#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "net/http/body_budget.h"
#include "net/http/head.h"
#include "net/loop.h"
#include "net/stream.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace pulse::net {

/// Bounds of the caller's side (contract §9: gateway.timeouts).
struct ServerLimits {
    std::size_t head_bytes_max = std::size_t{64} * 1024;
    std::size_t body_bytes_max = std::size_t{32} << 20;
    std::size_t upload_bytes_max = std::size_t{512} << 20;  ///< of bodies that expect_upload() named
    std::chrono::milliseconds head_timeout{10'000};  ///< whole head, from its first byte
    std::chrono::milliseconds body_timeout{30'000};  ///< whole body, plus 1 s per 64 KiB
    std::chrono::milliseconds idle_timeout{75'000};  ///< keep-alive without a byte
    std::chrono::milliseconds send_timeout{60'000};  ///< a caller who reads nothing
    std::size_t pipelined_bytes_max =
        std::size_t{64} * 1024;  ///< beyond it only the hang-up is watched
};

class ServerConnection;

/// What a server does with requests. One handler per connection, reused for its requests; destroyed
/// with it.
class RequestHandler {
public:
    virtual ~RequestHandler() = default;

    /// A head is whole and the body not yet read. An Error refuses it before its body (401, 404,
    /// 413 …): the handler has sent nothing, on_refused() follows. Called before "100 Continue" is
    /// sent.
    [[nodiscard]] virtual Result<void> on_head(ServerConnection& connection) = 0;
    /// Head and body are whole. The handler sends an answer, now or later, and calls finish() or
    /// abort().
    virtual void on_request(ServerConnection& connection) = 0;
    /// The request is refused, by on_head() or by the connection (bad head, too large, too slow, no
    /// memory). The handler sends a whole answer with "connection: close"; the connection closes
    /// after it. head() may be empty.
    virtual void on_refused(ServerConnection& connection, const Error& error) = 0;
    /// A send() that was pending is done.
    virtual void on_sent(ServerConnection& connection) = 0;
    /// The caller hung up (or half-closed, or did not read for too long) before finish(). Nothing
    /// can be sent any more; the connection is destroyed when the handler calls abort(), possibly
    /// later (draining an upstream).
    virtual void on_gone(ServerConnection& connection) = 0;
    /// After upgrade(): from here on the handler reads and writes the stream itself, and ends it
    /// with finish() or abort(). `early` is what the caller sent behind the request; it is valid
    /// during the call, the stream until the end.
    virtual void on_upgraded(ServerConnection& connection, Stream& stream, std::string_view early);
    /// The server drains, and the stream is in the handler's hands: it should come to an end.
    virtual void on_drain(ServerConnection& connection);
};

/// The caller's side of one HTTP/1.1 connection: heads, bodies (length and chunked), keep-alive,
/// pipelining, 100-continue, time-outs, disconnect watch. Knows nothing of what is answered. Lives
/// on one worker.
class ServerConnection {
public:
    /// Bytes that may be read behind body(), zeroed.
    static constexpr std::size_t kBodyPadding = 64;

    virtual ~ServerConnection() = default;

    [[nodiscard]] virtual const RequestHead& head() const = 0;
    /// The whole body, chunked coding removed. Valid until finish().
    [[nodiscard]] virtual std::string_view body() const = 0;
    [[nodiscard]] virtual const std::string& peer_address() const = 0;
    [[nodiscard]] virtual bool is_tls() const = 0;
    /// When the request's first byte was read.
    [[nodiscard]] virtual SteadyTime received_at() const = 0;

    /// Said in on_head(): the body is an upload (a file, audio). It may be as large as uploads may, and a
    /// large one lies in an unlinked file that is mapped, not in memory.
    virtual void expect_upload() = 0;

    /// Sends bytes of the answer as they are (head, framing, body are the handler's business). Not
    /// while one is pending.
    [[nodiscard]] virtual WriteProgress send(std::span<const std::string_view> parts) = 0;
    [[nodiscard]] virtual bool is_sending() const = 0;

    enum class After { keep_alive, close };
    /// The answer is whole (it may still be pending): go on with the next request, or close after
    /// the last byte. keep_alive is an offer: the connection closes when the caller asked for it or
    /// the server drains.
    virtual void finish(After after) = 0;
    /// HTTP ends here, as the answer that was sent says (101): when that is with the kernel,
    /// on_upgraded() follows, or on_gone(). Never called inside this. Afterwards finish() ends the
    /// connection in order, whatever it is offered.
    virtual void upgrade() = 0;
    /// Gives the connection up with a reset; destroys handler and connection after the current call
    /// returned.
    virtual void abort() = 0;
    /// Would finish(keep_alive) keep it? Decides the answer's Connection field.
    [[nodiscard]] virtual bool will_keep_alive() const = 0;
};

/// All connections of one worker.
class HttpServer {
public:
    using MakeHandler = std::function<std::unique_ptr<RequestHandler>(ServerConnection&)>;
    [[nodiscard]] static std::unique_ptr<HttpServer> make(
        Loop& loop, ServerLimits limits, BodyBudget& budget, MakeHandler make_handler);
    virtual ~HttpServer() = default;

    /// Takes an accepted stream; `on_ended` is called when its connection is gone.
    virtual void add(Stream stream, std::function<void()> on_ended) = 0;
    /// Idle connections close now, busy ones after their answer.
    virtual void drain() = 0;
    [[nodiscard]] virtual std::size_t connections() const = 0;
    [[nodiscard]] virtual std::size_t busy() const = 0;
};

}  // namespace pulse::net
