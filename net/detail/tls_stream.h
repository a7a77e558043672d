#pragma once

#include "net/detail/stream_state.h"
#include "net/detail/tls_context.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pulse::net::detail {

/// TLS by OpenSSL on the socket's descriptor itself: the reactor only tells when it is ready, so
/// that no byte is copied through a pair of memory BIOs. Lives on one worker.
class TlsStream final : public StreamState {
public:
    using OnHandshake = std::function<void(Result<void>)>;

    /// As a server; or as a client of `host`.
    TlsStream(Loop& loop, Socket socket, std::shared_ptr<TlsContext> context);
    TlsStream(
        Loop& loop, Socket socket, std::shared_ptr<TlsContext> context, const std::string& host);
    ~TlsStream() override;

    [[nodiscard]] bool is_tls() const override { return true; }
    [[nodiscard]] std::uint64_t bytes_sent() const override;

    /// Never calls `on_done` inside; drops it when the stream is closed.
    void handshake(OnHandshake on_done);

    /// OpenSSL has a session of the client's for later.
    static int on_new_session(SSL* ssl, SSL_SESSION* session);

private:
    enum class Need : std::uint8_t { nothing, readable, writable, stopped };

    void start_read() override;
    [[nodiscard]] bool send_now(std::span<const std::string_view> parts) override;
    void start_write() override;
    void end_sending() override;
    void before_close(Closing closing) override;

    void step_handshake();
    void finish_handshake();
    void fail_handshake();
    void continue_read();
    void continue_write();
    /// What OpenSSL waits for after a call that returned `result`; `stopped` sets stopped_by_.
    [[nodiscard]] Need need_after(int result);
    [[nodiscard]] std::size_t write_record(std::string_view record, Need& need);
    void await(Need need, void (TlsStream::*next)());

    std::shared_ptr<TlsContext> context_;
    const LoopState& worker_;
    const std::string host_;  // empty: a server
    SslPtr ssl_;
    OnHandshake on_handshake_;
    std::optional<StreamStatus> stopped_by_;  // nothing more can be read
    bool is_ready_ = false;  // the handshake is done, and no fatal error has been seen
};

}  // namespace pulse::net::detail
