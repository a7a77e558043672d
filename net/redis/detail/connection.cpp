#include "net/redis/detail/connection.h"

#include "base/assert.h"
#include "net/redis/detail/context.h"

#include <array>
#include <utility>

namespace pulse::net::redis::detail {
namespace {

constexpr std::size_t kReadBytes = std::size_t{64} * 1024;
constexpr std::size_t kUnsentKept = std::size_t{256} * 1024;  // capacity between two bursts

}  // namespace

void ClosedConnections::take(std::unique_ptr<Connection> connection) {
    if (connection != nullptr) {
        connection->close();
        connections_.push_back(std::move(connection));
        request();
    }
}

Connection::Connection(Context& context, HostPort server, Login login, ConnectionOwner& owner)
    : TurnTask(context.turn),
      context_(context),
      server_(std::move(server)),
      login_(std::move(login)),
      owner_(owner),
      lookup_(context.loop, server_.host, server_.port),
      timer_(
          context.loop, [](void* self) { static_cast<Connection*>(self)->on_timeout(); }, this),
      parser_(context.settings.reply_bytes_max) {}

Connection::~Connection() {
    close();
}

void Connection::open() {
    timer_.arm(context_.settings.connect_timeout);
    if (lookup_.is_fresh(context_.clock.steady_now())) {
        connect();
    } else {
        lookup_.start([this] { connect(); });
    }
}

void Connection::connect() {
    if (state_ == State::closed) {
        return;  // the look-up took longer than the connection was wanted
    }
    auto addresses = lookup_.addresses();
    if (!addresses) {
        finish(Failure::Kind::unavailable, addresses.error().detail());
        return;
    }
    connector_ = std::make_shared<Connector>(
        context_.loop,
        ConnectTarget{
            .host = server_.host,
            .tls = context_.settings.tls,
            .addresses = std::move(*addresses),
            .timeout = context_.settings.connect_timeout},
        [this](Connector& /*connector*/, Result<Stream> stream) {
            on_connected(std::move(stream));
        });
    connector_->start();
}

void Connection::on_connected(Result<Stream> stream) {
    connector_.reset();
    if (!stream) {
        finish(Failure::Kind::unavailable, stream.error().detail());
        return;
    }
    stream_ = std::move(*stream);
    state_ = State::logging_in;
    unsent_ = login_.commands();
    buffer_.resize(kReadBytes);
    read_on();
    at_end_of_turn();
}

void Connection::read_on() {
    stream_.async_read(buffer_, *this);
}

void Connection::send(std::string_view commands) {
    PULSE_ASSERT(state_ == State::ready);
    unsent_ += commands;
    request();
}

std::size_t Connection::unsent_bytes() const {
    return unsent_.size() + (stream_.is_open() ? stream_.bytes_unsent() : 0);
}

void Connection::at_end_of_turn() {
    if (state_ == State::closed || unsent_.empty() || stream_.is_writing()) {
        return;  // on_written() comes back for it
    }
    ++context_.metrics.writes;
    const std::array<std::string_view, 1> parts{unsent_};
    const WriteProgress progress = stream_.write(parts, *this);
    if (unsent_.capacity() > kUnsentKept) {
        unsent_ = {};
    }
    unsent_.clear();
    if (progress == WriteProgress::failed) {
        fail(Failure::Kind::connection_lost, "the connection broke");
    }
}

void Connection::on_written(StreamStatus status) {
    if (status == StreamStatus::ok) {
        at_end_of_turn();
    } else {
        fail(Failure::Kind::connection_lost, "the connection broke");
    }
}

void Connection::on_read(StreamStatus status, std::size_t bytes) {
    if (status != StreamStatus::ok) {
        fail(
            Failure::Kind::connection_lost,
            status == StreamStatus::end ? "the server closed the connection"
                                        : "the connection broke");
        return;
    }
    parser_.feed({buffer_.data(), bytes});
    for (;;) {
        switch (parser_.next()) {
            case ReplyParser::Found::more:
                read_on();
                return;
            case ReplyParser::Found::bad:
                fail(Failure::Kind::protocol, parser_.reason());
                return;
            case ReplyParser::Found::reply:
                break;
        }
        if (state_ == State::logging_in) {
            take_login_reply(parser_.reply());
        } else {
            owner_.on_reply(parser_.reply());
        }
        if (state_ == State::closed) {
            return;
        }
    }
}

void Connection::take_login_reply(const Reply& reply) {
    const auto refusal = login_.refusal(login_replies_, reply);
    if (refusal) {
        fail(Failure::Kind::unavailable, *refusal);
        return;
    }
    if (++login_replies_ == login_.size()) {
        timer_.cancel();
        state_ = State::ready;
        owner_.on_ready();
    }
}

void Connection::on_timeout() {
    fail(
        Failure::Kind::unavailable,
        state_ == State::logging_in ? "no answer to the log-in in time" : "no connection in time");
}

void Connection::fail(Failure::Kind kind, const std::string& reason) {
    finish(kind, to_string(server_) + ": " + reason);
}

/// The last thing that a function does: the owner may have given the connection up.
void Connection::finish(Failure::Kind kind, const std::string& text) {
    const bool was_ready = state_ == State::ready;
    close();
    owner_.on_closed({.kind = was_ready ? kind : Failure::Kind::unavailable, .text = text});
}

void Connection::close() {
    state_ = State::closed;
    timer_.cancel();
    if (connector_ != nullptr) {
        connector_->cancel();
        connector_.reset();
    }
    stream_.close();
}

}  // namespace pulse::net::redis::detail
