#include "net/listener.h"

#include "base/log.h"
#include "net/detail/listen_socket.h"
#include "net/detail/loop_state.h"
#include "net/detail/stream_state.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <map>
#include <system_error>
#include <utility>

namespace pulse::net {
namespace {

namespace asio = boost::asio;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, asio::io_context::executor_type>;

constexpr int kBacklog = 4096;
constexpr int kAcceptsPerTurn = 16;  // so that new callers do not starve those who are served
constexpr std::chrono::milliseconds kHandshakeTimeout{10'000};
constexpr std::chrono::milliseconds kNoDescriptorPause{100};
constexpr std::chrono::seconds kComplaintInterval{10};

/// Pending waits hold it; it is closed when the Listener goes.
class Accepting final : public std::enable_shared_from_this<Accepting> {
public:
    Accepting(Loop& loop, Listener::Settings settings, Listener::OnAccept on_accept)
        : loop_(loop),
          settings_(std::move(settings)),
          on_accept_(std::move(on_accept)),
          acceptor_(loop.state().io()),
          pause_(loop, &Accepting::on_pause_over, this) {}

    [[nodiscard]] boost::system::error_code open(int socket, bool is_v6) {
        boost::system::error_code error;
        acceptor_.assign(is_v6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), socket, error);
        if (!error) {
            acceptor_.listen(kBacklog, error);
        }
        return error;
    }

    void start() { await_callers(); }

    void close() {
        pause_.cancel();
        handshakes_.clear();
        boost::system::error_code ignored;
        acceptor_.close(ignored);
    }

    void on_stream_ended() {
        --streams_;
        await_callers();
    }

private:
    struct Handshake {
        Handshake(Loop& loop, Timer::Callback callback, Accepting& whose)
            : owner(whose), timeout(loop, callback, this) {}
        Accepting& owner;
        Timer timeout;
        std::uint64_t id = 0;
        std::unique_ptr<detail::TlsHandshake> handshake;
    };

    [[nodiscard]] bool is_full() const { return streams_ >= settings_.connections_max; }

    void await_callers() {
        if (is_waiting_ || is_full() || pause_.is_armed() || !acceptor_.is_open()) {
            return;
        }
        is_waiting_ = true;
        acceptor_.async_wait(
            asio::socket_base::wait_read, [self = shared_from_this()](const auto& error) {
                self->is_waiting_ = false;
                if (!error) {
                    self->accept_some();
                }
            });
    }

    void accept_some() {
        for (int turn = 0; turn < kAcceptsPerTurn && !is_full() && acceptor_.is_open(); ++turn) {
            sockaddr_storage peer{};
            socklen_t size = sizeof peer;
            const int socket = ::accept4(
                acceptor_.native_handle(),
                reinterpret_cast<sockaddr*>(&peer),
                &size,
                SOCK_NONBLOCK | SOCK_CLOEXEC);
            if (socket < 0) {
                on_accept_failed(errno);
                break;
            }
            take(socket, peer.ss_family == AF_INET6);
        }
        await_callers();
    }

    void on_accept_failed(int reason) {
        if (reason != EMFILE && reason != ENFILE && reason != ENOBUFS && reason != ENOMEM) {
            return;  // nobody left, or a caller who is gone already
        }
        // The caller stays in the kernel's queue and the socket readable: without a pause the loop
        // would spin.
        pause_.arm(kNoDescriptorPause);
        const auto now = std::chrono::steady_clock::now();
        if (now >= next_complaint_) {
            next_complaint_ = now + kComplaintInterval;
            log_error(
                "cannot accept connections; raise the limit of open files (ulimit -n) or lower the "
                "load",
                {{"reason", std::generic_category().message(reason)}});
        }
    }

    void take(int descriptor, bool is_v6) {
        detail::Socket socket{loop_.state().io()};
        boost::system::error_code error;
        socket.assign(is_v6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), descriptor, error);
        if (error) {
            ::close(descriptor);
            return;
        }
        ++streams_;
        if (!settings_.tls) {
            on_accept_(detail::make_plain_stream(std::move(socket)));
            return;
        }
        start_handshake(std::move(socket));
    }

    void start_handshake(detail::Socket socket) {
        auto [at, _] = handshakes_.try_emplace(
            ++last_handshake_, loop_, &Accepting::on_handshake_timeout, *this);
        Handshake& entry = at->second;
        entry.id = last_handshake_;
        entry.timeout.arm(kHandshakeTimeout);
        entry.handshake = detail::start_server_handshake(
            loop_, std::move(socket), settings_.tls, [this, id = entry.id](Result<Stream> stream) {
                const auto self = shared_from_this();
                handshakes_.erase(id);
                if (stream) {
                    on_accept_(std::move(*stream));
                } else {
                    on_stream_ended();
                }
            });
    }

    static void on_handshake_timeout(void* self) {
        auto* const entry = static_cast<Handshake*>(self);
        Accepting& owner = entry->owner;
        owner.handshakes_.erase(entry->id);
        owner.on_stream_ended();
    }

    static void on_pause_over(void* self) { static_cast<Accepting*>(self)->await_callers(); }

    Loop& loop_;
    const Listener::Settings settings_;
    const Listener::OnAccept on_accept_;
    Acceptor acceptor_;
    Timer pause_;
    SteadyTime next_complaint_{};
    std::size_t streams_ = 0;  // handed over or in their handshake
    bool is_waiting_ = false;
    std::uint64_t last_handshake_ = 0;
    std::map<std::uint64_t, Handshake> handshakes_;
};

class SharedPortListener final : public Listener {
public:
    explicit SharedPortListener(std::shared_ptr<Accepting> accepting)
        : accepting_(std::move(accepting)) {}
    ~SharedPortListener() override { accepting_->close(); }
    void close() override { accepting_->close(); }
    void on_stream_ended() override { accepting_->on_stream_ended(); }

private:
    std::shared_ptr<Accepting> accepting_;
};

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(
    Loop& loop, const ListenAddress& address, Settings settings, OnAccept on_accept) {
    const auto socket = detail::bind_socket(address, detail::PortSharing::shared);
    if (!socket) {
        return socket.error();
    }
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    (void)::getsockname(*socket, reinterpret_cast<sockaddr*>(&bound), &size);
    auto accepting = std::make_shared<Accepting>(loop, std::move(settings), std::move(on_accept));
    if (const auto error = accepting->open(*socket, bound.ss_family == AF_INET6)) {
        return Error{
            Errc::configuration,
            "cannot listen on " + address.to_string() + ": " + error.message()};
    }
    accepting->start();
    return std::unique_ptr<Listener>{std::make_unique<SharedPortListener>(std::move(accepting))};
}

}  // namespace pulse::net
