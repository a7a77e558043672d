#include "net/detail/tls_stream.h"

#include <boost/asio/post.hpp>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace pulse::net::detail {
namespace {

constexpr std::size_t kRecordMax = std::size_t{16} * 1024;  // RFC 8446 §5.1

bool is_address(const std::string& host) {
    boost::system::error_code error;
    (void)asio::ip::make_address(host, error);
    return !error;
}

/// Cuts the parts of a write into records: small parts are copied together, so that a head, a frame
/// and its data are one record and one system call; what fills a record alone is not copied.
class RecordCutter {
public:
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): record_ is written before it is read
    explicit RecordCutter(std::span<const std::string_view> parts) : parts_(parts) {}

    /// Empty at the end. Valid until the next call.
    [[nodiscard]] std::string_view next() {
        std::size_t size = 0;
        while (size < kRecordMax && !parts_.empty()) {
            const std::string_view rest = parts_.front().substr(offset_);
            if (size == 0 && rest.size() >= kRecordMax) {
                offset_ += kRecordMax;
                return rest.substr(0, kRecordMax);
            }
            const std::string_view piece = rest.substr(0, kRecordMax - size);
            std::memcpy(record_.data() + size, piece.data(), piece.size());
            size += piece.size();
            offset_ += piece.size();
            if (offset_ == parts_.front().size()) {
                parts_ = parts_.subspan(1);
                offset_ = 0;
            }
        }
        return {record_.data(), size};
    }

private:
    std::span<const std::string_view> parts_;
    std::size_t offset_ = 0;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): 16 KiB that are written before they
    // are read
    std::array<char, kRecordMax> record_;
};

}  // namespace

TlsStream::TlsStream(Loop& loop, Socket socket, std::shared_ptr<TlsContext> context)
    : TlsStream(loop, std::move(socket), std::move(context), std::string{}) {}

TlsStream::TlsStream(
    Loop& loop, Socket socket, std::shared_ptr<TlsContext> context, const std::string& host)
    : StreamState(std::move(socket)),
      context_(std::move(context)),
      worker_(loop.state()),
      host_(host),
      ssl_(SSL_new(context_->impl().context.get())) {
    PULSE_ASSERT(ssl_ != nullptr);
    SSL* const ssl = ssl_.get();
    SSL_set_app_data(ssl, this);
    SSL_set_fd(ssl, this->socket().native_handle());
    if (host_.empty()) {
        SSL_set_accept_state(ssl);
        return;
    }
    SSL_set_connect_state(ssl);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address(host_)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host_.c_str());
    } else {
        SSL_set1_host(ssl, host_.c_str());
        // SSL_set_tlsext_host_name() without its C cast.
        SSL_ctrl(
            ssl,
            SSL_CTRL_SET_TLSEXT_HOSTNAME,
            TLSEXT_NAMETYPE_host_name,
            const_cast<char*>(host_.c_str()));
    }
    if (const auto session = context_->impl().sessions.find(worker_, host_)) {
        SSL_set_session(ssl, session.get());
    }
}

TlsStream::~TlsStream() = default;

std::uint64_t TlsStream::bytes_sent() const {
    return BIO_number_written(SSL_get_wbio(ssl_.get()));
}

int TlsStream::on_new_session(SSL* ssl, SSL_SESSION* session) {
    auto* const self = static_cast<TlsStream*>(SSL_get_app_data(ssl));
    self->context_->impl().sessions.put(self->worker_, self->host_, SslSessionPtr{session});
    return 1;  // the session is ours
}

void TlsStream::handshake(OnHandshake on_done) {
    on_handshake_ = std::move(on_done);
    if (host_.empty()) {
        await(Need::readable, &TlsStream::step_handshake);
    } else {
        await(Need::nothing, &TlsStream::step_handshake);
    }
}

void TlsStream::step_handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    const Need need = result == 1 ? Need::nothing : need_after(result);
    switch (need) {
        case Need::nothing:
            finish_handshake();
            return;
        case Need::stopped:
            fail_handshake();
            return;
        case Need::readable:
        case Need::writable:
            await(need, &TlsStream::step_handshake);
            return;
    }
}

void TlsStream::finish_handshake() {
    is_ready_ = true;
    TlsContext::Impl& impl = context_->impl();
    impl.handshakes.fetch_add(1, std::memory_order_relaxed);
    if (SSL_session_reused(ssl_.get()) == 1) {
        impl.resumed.fetch_add(1, std::memory_order_relaxed);
    }
    std::exchange(on_handshake_, {})({});
}

void TlsStream::fail_handshake() {
    std::string reason = openssl_reason();
    if (const long verdict = SSL_get_verify_result(ssl_.get());
        !host_.empty() && verdict != X509_V_OK) {
        reason = X509_verify_cert_error_string(verdict);
    }
    if (reason.empty()) {
        reason = "the peer closed the connection";
    }
    std::exchange(
        on_handshake_, {})(Error{Errc::upstream_unavailable, "TLS handshake failed: " + reason});
}

TlsStream::Need TlsStream::need_after(int result) {
    const int reason = errno;
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return Need::readable;
        case SSL_ERROR_WANT_WRITE:
            return Need::writable;
        case SSL_ERROR_ZERO_RETURN:
            stopped_by_ = StreamStatus::end;
            return Need::stopped;
        case SSL_ERROR_SYSCALL:
            stopped_by_ = reason == ECONNRESET || reason == EPIPE || reason == 0
                              ? StreamStatus::cut
                              : StreamStatus::error;
            break;
        default:
            // An attacker can end the TCP stream at any byte; only close_notify says that the peer
            // did.
            stopped_by_ = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING
                              ? StreamStatus::cut
                              : StreamStatus::error;
            break;
    }
    is_ready_ = false;
    return Need::stopped;
}

void TlsStream::await(Need need, void (TlsStream::*next)()) {
    auto proceed = [self = std::static_pointer_cast<TlsStream>(shared_from_this()), next] {
        if (self->is_open()) {
            ((*self).*next)();
        }
    };
    if (need == Need::readable || need == Need::writable) {
        socket().async_wait(
            need == Need::readable ? asio::socket_base::wait_read : asio::socket_base::wait_write,
            [proceed = std::move(proceed)](const auto& /*error*/) { proceed(); });
    } else {
        asio::post(socket().get_executor(), std::move(proceed));
    }
}

void TlsStream::start_read() {
    const bool is_at_hand = stopped_by_.has_value() || SSL_has_pending(ssl_.get()) == 1;
    await(is_at_hand ? Need::nothing : Need::readable, &TlsStream::continue_read);
}

void TlsStream::continue_read() {
    if (!is_reading()) {
        return;
    }
    const std::span<char> buffer = read_buffer();
    std::size_t size = 0;
    Need need = stopped_by_ ? Need::stopped : Need::nothing;
    while (need == Need::nothing && size < buffer.size()) {
        ERR_clear_error();
        std::size_t got = 0;
        const int result =
            SSL_read_ex(ssl_.get(), buffer.data() + size, buffer.size() - size, &got);
        if (result != 1) {
            need = need_after(result);
        } else if (size += got; SSL_has_pending(ssl_.get()) == 0) {
            break;  // the next wait looks at the socket again: no recv() only to learn that it is
                    // empty
        }
    }
    if (size > 0 || (is_read_cancelled() && need != Need::stopped)) {
        finish_read(StreamStatus::ok, size);
    } else if (need == Need::stopped) {
        finish_read(*stopped_by_, 0);
    } else {
        await(need, &TlsStream::continue_read);
    }
}

std::size_t TlsStream::write_record(std::string_view record, Need& need) {
    ERR_clear_error();
    std::size_t sent = 0;
    const int result = SSL_write_ex(ssl_.get(), record.data(), record.size(), &sent);
    need = result == 1 ? Need::nothing : need_after(result);
    return result == 1 ? sent : 0;
}

bool TlsStream::send_now(std::span<const std::string_view> parts) {
    if (!is_ready_) {
        return false;
    }
    std::size_t sent = 0;
    RecordCutter cutter{parts};
    for (auto record = cutter.next(); !record.empty(); record = cutter.next()) {
        Need need = Need::nothing;
        const std::size_t taken = write_record(record, need);
        sent += taken;
        if (need == Need::stopped) {
            return false;
        }
        if (taken < record.size()) {
            keep_unsent(parts, sent);
            break;
        }
    }
    return true;
}

void TlsStream::start_write() {
    await(Need::writable, &TlsStream::continue_write);
}

void TlsStream::continue_write() {
    while (!unsent().empty()) {
        Need need = Need::nothing;
        // At least the bytes of the call that had to wait: OpenSSL has made a record of them.
        drop_sent(write_record(unsent().substr(0, kRecordMax), need));
        if (need == Need::stopped) {
            finish_write(*stopped_by_);
            return;
        }
        if (need != Need::nothing) {
            await(need, &TlsStream::continue_write);
            return;
        }
    }
    finish_write(StreamStatus::ok);
}

void TlsStream::end_sending() {
    if (is_ready_) {
        ERR_clear_error();
        (void)SSL_shutdown(ssl_.get());
    }
    boost::system::error_code ignored;
    socket().shutdown(asio::socket_base::shutdown_send, ignored);
}

void TlsStream::before_close(Closing closing) {
    on_handshake_ = {};
    ERR_clear_error();
    if (is_ready_ && closing == Closing::politely && !is_writing()) {
        (void)SSL_shutdown(ssl_.get());
    }
    if (SSL_is_init_finished(ssl_.get()) == 1) {
        // Else OpenSSL would take the session of a connection that ended without close_notify for a
        // bad one.
        SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
}

}  // namespace pulse::net::detail
