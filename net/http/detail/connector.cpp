#include "net/http/detail/connector.h"

#include "net/detail/loop_state.h"

#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <utility>

namespace pulse::net::detail {

namespace {

using std::chrono::milliseconds;

std::string text_of(const NameLookup::Address& address) {
    const std::string ip = address.address().to_string();
    const std::string port = std::to_string(address.port());
    return address.address().is_v6() ? "[" + ip + "]:" + port : ip + ":" + port;
}

}  // namespace

Connector::Connector(Loop& loop, ConnectTarget target, OnDone on_done)
    : loop_(loop),
      target_(std::move(target)),
      on_done_(std::move(on_done)),
      timer_(
          loop, [](void* self) { static_cast<Connector*>(self)->on_timeout(); }, this) {}

void Connector::start() {
    deadline_ = std::chrono::steady_clock::now() + target_.timeout;
    try_next();
}

void Connector::cancel() {
    on_done_ = nullptr;
    timer_.cancel();
    handshake_.reset();
    socket_.reset();
}

void Connector::try_next() {
    for (; next_ < target_.addresses.size(); ++next_) {
        const NameLookup::Address& address = target_.addresses[next_];
        boost::system::error_code error;
        socket_.emplace(loop_.state().io());
        socket_->open(address.protocol(), error);
        if (!error) {
            timer_.arm(share_of_time());
            socket_->async_connect(
                address,
                [self = shared_from_this(),
                 tried = next_](const boost::system::error_code& result) {
                    if (self->on_done_ && self->socket_ && tried == self->next_) {
                        self->on_connected(result);
                    }
                });
            return;
        }
        error_ = Error{Errc::upstream_unavailable, "cannot open a socket: " + error.message()};
    }
    // Not at once: start() may be on the stack, and its caller is not ready for an answer.
    timer_.arm(milliseconds{0});
}

milliseconds Connector::share_of_time() const {
    const auto left =
        std::chrono::duration_cast<milliseconds>(deadline_ - std::chrono::steady_clock::now());
    const auto addresses = static_cast<std::int64_t>(target_.addresses.size() - next_);
    return std::max(left / addresses, milliseconds{0});
}

void Connector::on_connected(const boost::system::error_code& error) {
    if (error) {
        fail_address(Errc::upstream_unavailable, error.message());
        return;
    }
    Socket socket = std::move(*socket_);
    socket_.reset();
    if (!target_.tls) {
        finish(make_plain_stream(std::move(socket)));
        return;
    }
    handshake_ = start_client_handshake(
        loop_, std::move(socket), target_.tls, target_.host, [this](Result<Stream> stream) {
            on_secured(std::move(stream));
        });
}

void Connector::on_secured(Result<Stream> stream) {
    const std::unique_ptr<TlsHandshake> done = std::move(handshake_);
    if (stream) {
        finish(std::move(stream));
    } else {
        fail_address(stream.error().code(), stream.error().detail());
    }
}

void Connector::on_timeout() {
    if (next_ >= target_.addresses.size()) {
        finish(error_);
        return;
    }
    fail_address(Errc::upstream_timeout, "no connection in time");
}

void Connector::fail_address(Errc code, const std::string& reason) {
    error_ = Error{
        code,
        "cannot connect to " + target_.host + " at " + text_of(target_.addresses[next_]) + ": " +
            reason};
    handshake_.reset();
    socket_.reset();
    ++next_;
    if (next_ < target_.addresses.size() && std::chrono::steady_clock::now() < deadline_) {
        try_next();
    } else {
        finish(error_);
    }
}

void Connector::finish(Result<Stream> result) {
    const auto self = shared_from_this();
    const OnDone on_done = std::exchange(on_done_, nullptr);
    cancel();
    on_done(*this, std::move(result));
}

}  // namespace pulse::net::detail
