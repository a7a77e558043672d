#include "bench/relay/relay_exchange.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

namespace pulse::bench {

using net::BodyFraming;
using net::Field;
using net::StreamStatus;
using net::WriteProgress;

namespace {

constexpr std::string_view kUnavailable =
    "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
constexpr std::string_view kRefused =
    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Fields that speak of one connection, and those that are written anew.
bool is_ours(std::string_view name) {
    // By length: nearly every other field is told apart without a look at its letters.
    switch (name.size()) {
        case 2:
            return net::iequals(name, "te");
        case 4:
            return net::iequals(name, "host");
        case 6:
            return net::iequals(name, "expect");
        case 7:
            return net::iequals(name, "trailer") || net::iequals(name, "upgrade");
        case 10:
            return net::iequals(name, "connection") || net::iequals(name, "keep-alive");
        case 14:
            return net::iequals(name, "content-length");
        case 16:
            return net::iequals(name, "proxy-connection");
        case 17:
            return net::iequals(name, "transfer-encoding");
        case 19:
            return net::iequals(name, "proxy-authorization");
        default:
            return false;
    }
}

void append_fields(std::string& head, const net::Fields& fields) {
    for (const Field& field : fields) {
        if (!is_ours(field.name)) {
            head.append(field.name).append(": ").append(field.value).append("\r\n");
        }
    }
}

void append_number(std::string& text, std::uint64_t number) {
    std::array<char, 20> digits;
    char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    text.append(digits.data(), end);
}

}  // namespace

RelayExchange::~RelayExchange() {
    release_upstream();
}

Result<void> RelayExchange::on_head(net::ServerConnection& /*connection*/) {
    return {};
}

void RelayExchange::on_request(net::ServerConnection& /*connection*/) {
    state_ = State::connecting;
    pool_.acquire(net::UpstreamPool::Freshness::any, *this);
}

void RelayExchange::on_refused(net::ServerConnection& /*connection*/, const Error& /*error*/) {
    const std::array parts{kRefused};
    (void)caller_.send(parts);
    caller_.finish(net::ServerConnection::After::close);
}

void RelayExchange::on_gone(net::ServerConnection& /*connection*/) {
    release_upstream();
    caller_.abort();
}

void RelayExchange::on_sent(net::ServerConnection& /*connection*/) {
    if (state_ == State::relaying) {
        read_more();
    }
}

void RelayExchange::on_connection(Result<std::unique_ptr<net::UpstreamConnection>> connection) {
    if (!connection) {
        fail();
        return;
    }
    upstream_ = std::move(*connection);
    state_ = State::awaiting_head;
    filled_ = 0;
    scanned_ = 0;
    write_upstream_head();
    const std::array<std::string_view, 2> parts{head_, caller_.body()};
    if (upstream_->stream.write(parts, *this) == WriteProgress::failed) {
        fail();
        return;
    }
    read_more();
}

void RelayExchange::on_written(StreamStatus status) {
    if (status != StreamStatus::ok) {
        fail();
    }
}

void RelayExchange::write_upstream_head() {
    const net::RequestHead& request = caller_.head();
    head_.assign(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ");
    head_.append(pool_.endpoint().host).append("\r\n");
    append_fields(head_, request.fields);
    if (request.framing != BodyFraming::none) {
        head_.append("Content-Length: ");
        append_number(head_, caller_.body().size());
        head_.append("\r\n");
    }
    head_.append("\r\n");
}

void RelayExchange::read_more() {
    upstream_->stream.async_read(std::span{buffer_}.subspan(filled_), *this);
}

void RelayExchange::on_read(StreamStatus status, std::size_t bytes) {
    if (status == StreamStatus::end && state_ == State::relaying) {
        relay_end_of_stream();
    } else if (status != StreamStatus::ok) {
        fail();
    } else if (state_ == State::awaiting_head) {
        filled_ += bytes;
        read_head();
    } else {
        relay({buffer_.data(), bytes});
    }
}

void RelayExchange::read_head() {
    const std::string_view bytes{buffer_.data(), filled_};
    const auto end = net::find_head_end(bytes, scanned_);
    if (!end) {
        if (filled_ < kBufferBytes) {
            read_more();
        } else {
            fail();
        }
        return;
    }
    const bool is_parsed =
        net::parse_response_head(bytes.substr(0, *end), caller_.head().method, answer_).has_value();
    if (!is_parsed || answer_.status == 101) {
        fail();
        return;
    }
    if (answer_.status < 200) {  // an interim answer: the real one follows
        filled_ -= *end;
        scanned_ = 0;
        std::copy_n(buffer_.data() + *end, filled_, buffer_.data());
        read_head();
        return;
    }
    state_ = State::relaying;
    left_ = answer_.content_length;
    decoder_.reset();
    write_caller_head();
    filled_ = 0;
    relay(bytes.substr(*end));
}

void RelayExchange::write_caller_head() {
    const bool has_length =
        answer_.framing == BodyFraming::none || answer_.framing == BodyFraming::length;
    is_rechunked_ = !has_length && caller_.head().minor_version >= 1;
    head_.assign("HTTP/1.1 ");
    append_number(head_, static_cast<std::uint64_t>(answer_.status));
    head_.append(" ").append(answer_.reason).append("\r\n");
    append_fields(head_, answer_.fields);
    if (is_rechunked_) {
        head_.append("Transfer-Encoding: chunked\r\n");
    } else if (has_length && answer_.status != 204 && answer_.status != 304) {
        head_.append("Content-Length: ");
        append_number(head_, answer_.content_length);
        head_.append("\r\n");
    }
    if (!caller_.will_keep_alive() || (!has_length && !is_rechunked_)) {
        head_.append("Connection: close\r\n");
    } else if (caller_.head().minor_version == 0) {
        head_.append("Connection: keep-alive\r\n");
    }
    head_.append("\r\n");
}

void RelayExchange::relay(std::string_view bytes) {
    const Body body = take_body(bytes);
    if (body == Body::bad) {
        fail();
    } else {
        send_and_continue(body);
    }
}

void RelayExchange::relay_end_of_stream() {
    data_.clear();
    if (answer_.framing == BodyFraming::until_close) {
        send_and_continue(Body::whole);
    } else {
        fail();
    }
}

RelayExchange::Body RelayExchange::take_body(std::string_view bytes) {
    data_.clear();
    std::size_t consumed = bytes.size();
    Body body = Body::more;
    switch (answer_.framing) {
        case BodyFraming::none:
            consumed = 0;
            body = Body::whole;
            break;
        case BodyFraming::length:
            consumed = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
            left_ -= consumed;
            data_.push_back(bytes.substr(0, consumed));
            body = left_ == 0 ? Body::whole : Body::more;
            break;
        case BodyFraming::chunked: {
            const auto state = decoder_.feed(bytes, data_, consumed);
            if (state == net::ChunkedDecoder::State::bad) {
                return Body::bad;
            }
            body = state == net::ChunkedDecoder::State::done ? Body::whole : Body::more;
            break;
        }
        case BodyFraming::until_close:
            data_.push_back(bytes);
            break;
    }
    // Bytes behind an answer belong to none: the connection cannot carry another.
    answer_.keep_alive = answer_.keep_alive && consumed == bytes.size();
    return body;
}

void RelayExchange::send_and_continue(Body body) {
    std::size_t size = 0;
    for (const std::string_view data : data_) {
        size += data.size();
    }
    parts_.clear();
    parts_.push_back(head_);
    if (is_rechunked_ && size > 0) {
        parts_.push_back(net::chunk_header(size, chunk_header_));
    }
    parts_.insert(parts_.end(), data_.begin(), data_.end());
    if (is_rechunked_ && size > 0) {
        parts_.push_back(net::kChunkEnd);
    }
    if (is_rechunked_ && body == Body::whole) {
        parts_.push_back(net::kLastChunk);
    }
    const WriteProgress progress = caller_.send(parts_);
    head_.clear();
    if (progress == WriteProgress::failed) {
        release_upstream();
        caller_.abort();
    } else if (body == Body::whole) {
        finish_answer();
    } else if (progress == WriteProgress::done) {
        read_more();
    }
}

void RelayExchange::finish_answer() {
    const bool is_delimited = is_rechunked_ || answer_.framing == BodyFraming::none ||
                              answer_.framing == BodyFraming::length;
    state_ = State::idle;
    if (answer_.keep_alive) {
        pool_.give_back(std::move(upstream_));
    } else {
        pool_.discard(std::move(upstream_));
    }
    caller_.finish(
        is_delimited ? net::ServerConnection::After::keep_alive
                     : net::ServerConnection::After::close);
}

void RelayExchange::release_upstream() {
    if (state_ == State::connecting) {
        pool_.cancel(*this);
    }
    if (upstream_) {
        pool_.discard(std::move(upstream_));
    }
    state_ = State::idle;
}

void RelayExchange::fail() {
    const bool has_answered = state_ == State::relaying;
    release_upstream();
    if (has_answered) {
        caller_.abort();
        return;
    }
    const std::array parts{kUnavailable};
    (void)caller_.send(parts);
    caller_.finish(net::ServerConnection::After::close);
}

}  // namespace pulse::bench
