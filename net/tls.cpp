#include "net/tls.h"

#include "net/detail/tls_context.h"
#include "net/detail/tls_stream.h"

#include <openssl/err.h>

#include <csignal>
#include <filesystem>
#include <system_error>
#include <utility>

namespace pulse::net {
namespace detail {

std::string openssl_reason() {
    const unsigned long code = ERR_get_error();
    ERR_clear_error();
    if (code == 0) {
        return {};
    }
    // System errors (a file that is not there) have no reason string of OpenSSL's own.
    if (ERR_SYSTEM_ERROR(code)) {
        return std::generic_category().message(ERR_GET_REASON(code));
    }
    const char* const reason = ERR_reason_error_string(code);
    return reason == nullptr ? "error " + std::to_string(code) : std::string{reason};
}

void TlsSessions::put(const LoopState& worker, const std::string& host, SslSessionPtr session) {
    const std::lock_guard lock{mutex_};
    if (sessions_.size() >= kSessionsMax) {
        sessions_.clear();
    }
    sessions_[Key{&worker, host}] = std::move(session);
}

SslSessionPtr TlsSessions::find(const LoopState& worker, const std::string& host) const {
    const std::lock_guard lock{mutex_};
    const auto found = sessions_.find(Key{&worker, host});
    if (found == sessions_.end() || SSL_SESSION_is_resumable(found->second.get()) == 0) {
        return nullptr;
    }
    SSL_SESSION_up_ref(found->second.get());
    return SslSessionPtr{found->second.get()};
}

}  // namespace detail

namespace {

// As ALPN writes it: length, name.
constexpr unsigned char kHttp11[] = "\x08http/1.1";
constexpr unsigned int kHttp11Size = sizeof kHttp11 - 1;

Error unusable(const std::string& what, const std::filesystem::path& file) {
    std::string reason = detail::openssl_reason();
    return Error{
        Errc::configuration,
        what + " \"" + file.string() + "\": " + (reason.empty() ? "unusable" : std::move(reason))};
}

// NOLINTNEXTLINE(readability-function-size): the signature is OpenSSL's
int choose_protocol(
    SSL* /*ssl*/,
    const unsigned char** out,
    unsigned char* out_size,
    const unsigned char* offered,
    unsigned int offered_size,
    void* /*unused*/) {
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, out_size, kHttp11, kHttp11Size, offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED) {
        // Going on without a protocol lets an HTTP/2 caller run into the refusal that names the
        // remedy.
        return SSL_TLSEXT_ERR_NOACK;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

std::unique_ptr<TlsContext::Impl> make_impl(const SSL_METHOD* method) {
    std::signal(SIGPIPE, SIG_IGN);
    ERR_clear_error();
    auto impl = std::make_unique<TlsContext::Impl>();
    impl->context.reset(SSL_CTX_new(method));
    PULSE_ASSERT(impl->context != nullptr);
    SSL_CTX* const context = impl->context.get();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(
        context,
        SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
            SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(
        context, 1);  // else each record costs two recv(): its header, its content
    return impl;
}

}  // namespace

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

TlsCounts TlsContext::counts() const {
    return {
        .handshakes = impl_->handshakes.load(std::memory_order_relaxed),
        .resumed = impl_->resumed.load(std::memory_order_relaxed)};
}

Result<std::shared_ptr<TlsContext>> TlsContext::open_server(
    const std::filesystem::path& certificate, const std::filesystem::path& private_key) {
    auto impl = make_impl(TLS_server_method());
    SSL_CTX* const context = impl->context.get();
    if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) {
        return unusable("certificate", certificate);
    }
    if (SSL_CTX_use_PrivateKey_file(context, private_key.c_str(), SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1) {
        return unusable("private key", private_key);
    }
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    constexpr unsigned char kName[] = "pulse";
    SSL_CTX_set_session_id_context(context, kName, sizeof kName - 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
    SSL_CTX_set_num_tickets(context, 1);
    return std::make_shared<TlsContext>(std::move(impl));
}

Result<std::shared_ptr<TlsContext>> TlsContext::open_client(const std::filesystem::path& ca) {
    auto impl = make_impl(TLS_client_method());
    SSL_CTX* const context = impl->context.get();
    std::error_code ignored;
    if (ca.empty()) {
        if (SSL_CTX_set_default_verify_paths(context) != 1) {
            return Error{
                Errc::configuration,
                "the system's certificate authorities: " + detail::openssl_reason()};
        }
    } else if (
        (std::filesystem::is_directory(ca, ignored)
             ? SSL_CTX_load_verify_dir(context, ca.c_str())
             : SSL_CTX_load_verify_file(context, ca.c_str())) != 1) {
        return unusable("certificate authorities", ca);
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_alpn_protos(context, kHttp11, kHttp11Size);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, &detail::TlsStream::on_new_session);
    return std::make_shared<TlsContext>(std::move(impl));
}

}  // namespace pulse::net
