// How a Connection reads a request: head, then body, then on_request(). Runs only while no read is
// armed.
#include "net/http/detail/connection.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace pulse::net::detail {
namespace {

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::size_t kFirstDecoded = std::size_t{16} * 1024;

Error too_large(std::size_t bytes_max) {
    return Error{
        Errc::request_too_large,
        "The request body is larger than the " + std::to_string(bytes_max) +
            " bytes that are accepted."};
}

Error no_memory() {
    Error error{Errc::overloaded, "All memory for request bodies is in use; try again."};
    error.with_retry_after(std::chrono::seconds{1});
    return error;
}

}  // namespace

std::string_view Connection::body() const {
    const InputBuffer& in = buffers_[front_];
    switch (body_place_) {
        case BodyPlace::none:
            return in.bytes().substr(in.size());
        case BodyPlace::in_front:
            return in.bytes().substr(head_.size);
        case BodyPlace::apart:
        case BodyPlace::decoded:
            break;
    }
    return body_.bytes();
}

bool Connection::begin_request() {
    if (front().empty()) {
        return false;
    }
    if (stream_.is_reading()) {
        stream_.cancel_read();  // on_read() follows, and finds the buffer free to be worked on
        return false;
    }
    received_at_ = front().since();
    clear_head();
    scanned_ = 0;
    skipped_line_ = has_sent_ = is_broken_ = false;
    body_place_ = BodyPlace::none;
    state_ = State::reading_head;
    return true;
}

void Connection::clear_head() {
    Fields fields = std::move(head_.fields);
    fields.clear();
    head_ = RequestHead{};
    head_.fields = std::move(fields);
}

bool Connection::read_head() {
    InputBuffer& in = front();
    // RFC 9112 §2.2: a server should ignore one empty line before the request.
    if (!skipped_line_ && in.bytes().starts_with("\r\n")) {
        skipped_line_ = true;
        in.erase(0, 2);
        scanned_ = 0;
    }
    const auto size = find_head_end(in.bytes(), scanned_);
    if (!size && in.size() < limits_.head_bytes_max) {
        return false;
    }
    if (is_http2_preface(in.bytes())) {
        owner_.on_http2(peer_address_);
        refuse(Error{Errc::upgrade_required, "HTTP/2 is not served; send HTTP/1.1."});
        return true;
    }
    if (!size || *size > limits_.head_bytes_max) {
        refuse(Error{
            Errc::header_too_large,
            "The request's head is larger than the " + std::to_string(limits_.head_bytes_max) +
                " bytes that are accepted."});
        return true;
    }
    if (const auto accepted = accept_head(*size); !accepted) {
        refuse(accepted.error());
    }
    return true;
}

Result<void> Connection::accept_head(std::size_t size) {
    if (auto parsed = parse_request_head(front().bytes().substr(0, size), head_); !parsed) {
        clear_head();
        return parsed;
    }
    if (head_.minor_version > 0 && !head_.expects_continue &&
        head_.fields.find("expect") != nullptr) {
        return Error{Errc::invalid_request, "The only expectation that is met is 100-continue."};
    }
    if (auto agreed = handler_->on_head(*this); !agreed) {
        return agreed;
    }
    return state_ == State::reading_head ? begin_body() : Result<void>{};
}

Result<void> Connection::begin_body() {
    state_ = State::reading_body;
    since_ = {};
    switch (head_.framing) {
        case BodyFraming::none:
        case BodyFraming::until_close:
            return {};
        case BodyFraming::chunked:
            body_place_ = BodyPlace::decoded;
            decoder_.reset();
            if (!body_.reserve(std::min(kFirstDecoded, body_bytes_max()))) {
                return no_memory();
            }
            break;
        case BodyFraming::length:
            if (head_.content_length > body_bytes_max()) {
                return too_large(body_bytes_max());
            }
            body_place_ = BodyPlace::in_front;
            if (head_.content_length > front().capacity() - head_.size) {
                body_place_ = BodyPlace::apart;
                if (!body_.reserve(head_.content_length)) {
                    return no_memory();
                }
            }
            break;
    }
    if (head_.expects_continue && front().size() == head_.size) {
        send_continue();
    }
    return {};
}

void Connection::send_continue() {
    const std::array<std::string_view, 1> parts{kContinue};
    // Nothing else is on its way, so 25 bytes always fit; a caller whose socket does not take them
    // is broken.
    if (stream_.write(parts, *this) != WriteProgress::done) {
        go_away();
    }
}

bool Connection::read_body() {
    InputBuffer& in = front();
    bool is_whole = false;
    switch (body_place_) {
        case BodyPlace::none:
            is_whole = true;
            break;
        case BodyPlace::in_front:
            is_whole = in.size() >= head_.size + head_.content_length;
            break;
        case BodyPlace::apart: {
            const std::size_t missing = head_.content_length - body_.size();
            const std::size_t arrived = std::min(in.size() - head_.size, missing);
            body_.append(in.bytes().substr(head_.size, arrived));
            in.erase(head_.size, arrived);
            is_whole = arrived == missing;
            break;
        }
        case BodyPlace::decoded: {
            const auto taken = take_chunks();
            if (!taken) {
                refuse(taken.error());
                return true;
            }
            is_whole = *taken;
            break;
        }
    }
    if (is_whole) {
        deliver();
        return true;
    }
    if (since_ == SteadyTime{}) {
        since_ = std::chrono::steady_clock::now();
    }
    return false;
}

/// Decodes what has arrived, first behind the head, then in `back`; true when the last chunk is in.
Result<bool> Connection::take_chunks() {
    struct Source {
        InputBuffer& buffer;
        std::size_t from;
    };
    for (const Source source : {Source{front(), head_.size}, Source{back(), 0}}) {
        const std::string_view coded = source.buffer.bytes().substr(source.from);
        if (coded.empty()) {
            continue;
        }
        std::size_t used = 0;
        pieces_.clear();
        const auto state = decoder_.feed(coded, pieces_, used);
        if (state == ChunkedDecoder::State::bad) {
            return Error{
                Errc::invalid_request, "The chunked coding of the request body is broken."};
        }
        if (auto kept = keep_pieces(); !kept) {
            return kept.error();
        }
        source.buffer.erase(source.from, used);
        if (state == ChunkedDecoder::State::done) {
            return true;
        }
    }
    return false;
}

Result<void> Connection::keep_pieces() {
    std::size_t size = body_.size();
    for (const std::string_view piece : pieces_) {
        size += piece.size();
    }
    if (size > body_bytes_max()) {
        return too_large(body_bytes_max());
    }
    if (size > body_.capacity() &&
        !body_.reserve(std::min(std::max(size, body_.capacity() * 2), body_bytes_max()))) {
        return no_memory();
    }
    for (const std::string_view piece : pieces_) {
        body_.append(piece);
    }
    return {};
}

void Connection::deliver() {
    InputBuffer& in = front();
    const std::size_t end =
        head_.size + (body_place_ == BodyPlace::in_front ? head_.content_length : 0);
    if (in.size() > end) {
        back().append(in.bytes().substr(end));  // pipelined: out of the padding's way
        in.truncate(end);
    }
    if (body_place_ == BodyPlace::none || body_place_ == BodyPlace::in_front) {
        in.pad();
    } else {
        body_.pad();
    }
    state_ = State::answering;
    handler_->on_request(*this);
}

void Connection::refuse(const Error& error) {
    state_ = State::refusing;
    has_sent_ = is_broken_ = false;
    begin_wait();
    handler_->on_refused(*this, error);
    if (state_ == State::refusing && has_sent_) {
        finish(After::close);
    }
}

}  // namespace pulse::net::detail
