#include "net/http/detail/connection.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace pulse::net::detail {
namespace {

// After the last byte of an answer that ends the connection, what the caller still sends is read
// and dropped for a while: closing on unread bytes would send a reset, and that destroys the answer
// in the caller's buffers.
constexpr std::size_t kDiscardMax = std::size_t{1} << 30;  // who still sends would miss the answer; time ends it first
// A caller who pipelines does not keep the others waiting.
constexpr int kRequestsPerTurn = 16;
constexpr std::size_t kChunkedRoom = std::size_t{16} * 1024;

SteadyTime steady_now() {
    return std::chrono::steady_clock::now();
}

}  // namespace

Connection::Connection(const Parts& parts, Stream stream, std::function<void()> on_ended)
    : loop_(parts.loop),
      limits_(parts.limits),
      owner_(parts.owner),
      stream_(std::move(stream)),
      peer_address_(stream_.peer_address()),
      is_tls_(stream_.is_tls()),
      on_ended_(std::move(on_ended)),
      body_(parts.budget),
      timer_(parts.loop, &Connection::on_timer, this) {}

Connection::~Connection() {
    handler_.reset();
}

void Connection::start(std::unique_ptr<RequestHandler> handler) {
    handler_ = std::move(handler);
    since_ = steady_now();
    rest();
}

void Connection::end() {
    if (state_ != State::ended) {
        state_ = State::ended;
        stream_.close();
        timer_.cancel();
        owner_.retire(*this);
    }
}

void Connection::drain() {
    if (state_ == State::idle) {
        end();
    } else if (state_ == State::upgraded) {
        handler_->on_drain(*this);
    }
}

void Connection::tell_ended() {
    handler_.reset();
    if (on_ended_) {
        on_ended_();
    }
}

void Connection::abort() {
    stream_.reset();
    end();
}

WriteProgress Connection::send(std::span<const std::string_view> parts) {
    if ((state_ != State::answering && state_ != State::refusing) || is_broken_) {
        return WriteProgress::failed;
    }
    has_sent_ = true;
    const auto progress = stream_.write(parts, *this);
    if (progress == WriteProgress::pending) {
        begin_wait();
    } else if (progress == WriteProgress::failed) {
        is_broken_ = true;
        process_later();
    }
    return progress;
}

bool Connection::will_keep_alive() const {
    return state_ == State::answering && head_.keep_alive && !owner_.is_draining();
}

void Connection::finish(After after) {
    if (state_ == State::gone) {
        end();
        return;
    }
    if (state_ == State::upgraded && (stream_.is_reading() || stream_.is_writing())) {
        stream_.close();  // the handler's own operations, which must not outlive it
        end();
        return;
    }
    if (state_ != State::answering && state_ != State::refusing && state_ != State::upgraded) {
        return;
    }
    keeps_alive_ = after == After::keep_alive && will_keep_alive();
    state_ = State::flushing;
    if (is_processing_) {
        return;
    }
    // The handler is on the stack: it must not be called with the next request before it has
    // returned.
    if (!stream_.is_writing()) {
        end_answer();
    }
    if (state_ == State::idle && !front().empty()) {
        process_later();
    } else {
        rest();
    }
}

void Connection::upgrade() {
    if (state_ == State::answering) {
        state_ = State::upgrading;
        begin_wait();
        process_later();
    }
}

/// Once nothing is under way on the stream.
void Connection::hand_over_stream() {
    if (stream_.is_writing()) {
        return;  // on_written() comes back here
    }
    if (stream_.is_reading()) {
        stream_.cancel_read();  // on_read() comes back here
        return;
    }
    state_ = State::upgraded;
    handler_->on_upgraded(*this, stream_, back().bytes());
}

void Connection::end_answer() {
    if (is_broken_ || has_ended_ || !stream_.is_open()) {
        end();
        return;
    }
    since_ = steady_now();
    if (!keeps_alive_) {
        state_ = State::lingering;
        discarded_ = 0;
        stream_.shutdown_send();
        return;
    }
    body_.release();
    front().clear();
    front_ = 1 - front_;
    state_ = State::idle;
    if (front().empty() && owner_.is_draining()) {
        end();
    }
}

void Connection::process() {
    is_processing_ = true;
    for (int served = 0; step();) {
        if (state_ == State::idle && ++served == kRequestsPerTurn) {
            process_later();
            break;
        }
    }
    is_processing_ = false;
    rest();
}

bool Connection::step() {
    switch (state_) {
        case State::idle:
            return begin_request();
        case State::reading_head:
            return read_head();
        case State::reading_body:
            return read_body();
        case State::answering:
            if (is_broken_) {
                go_away();
            }
            return false;
        case State::upgrading:
            if (is_broken_) {
                go_away();
            } else {
                hand_over_stream();
            }
            return false;
        case State::refusing:
            if (is_broken_) {
                end();
            }
            return false;
        case State::flushing:
            if (stream_.is_writing() && !is_broken_) {
                return false;
            }
            end_answer();
            return true;
        case State::upgraded:
        case State::lingering:
        case State::gone:
        case State::ended:
            return false;
    }
    return false;
}

void Connection::process_later() {
    if (std::exchange(is_deferred_, true)) {
        return;
    }
    loop_.post([weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->is_deferred_ = false;
            self->process();
        }
    });
}

void Connection::on_read(StreamStatus status, std::size_t bytes) {
    if (status != StreamStatus::ok) {
        on_hangup(status);
        return;
    }
    if (state_ == State::lingering) {
        discarded_ += bytes;
        if (discarded_ > kDiscardMax) {
            end();
            return;
        }
    } else if (read_into_ == nullptr) {
        body_.commit(bytes);
    } else if (bytes > 0) {
        read_into_->commit(bytes);
    }
    process();
}

void Connection::on_hangup(StreamStatus status) {
    const bool may_still_read = status == StreamStatus::end;
    switch (state_) {
        case State::reading_body:
        case State::answering:
        case State::upgrading:
            go_away();
            return;
        case State::refusing:
        case State::flushing:
            if (may_still_read) {
                has_ended_ = true;
                process();
                return;
            }
            end();
            return;
        case State::idle:
        case State::reading_head:
        case State::upgraded:
        case State::lingering:
        case State::gone:
        case State::ended:
            end();
            return;
    }
}

void Connection::go_away() {
    state_ = State::gone;
    stream_.close();
    timer_.cancel();
    timer_due_ = deadline_ = SteadyTime::max();
    handler_->on_gone(*this);
}

void Connection::on_written(StreamStatus status) {
    is_broken_ = status != StreamStatus::ok;
    if (!is_broken_ && (state_ == State::answering || state_ == State::refusing)) {
        handler_->on_sent(*this);
        set_deadline();
        return;
    }
    process();
}

void Connection::rest() {
    arm_read();
    set_deadline();
}

void Connection::arm_read() {
    if (!stream_.is_open() || stream_.is_reading() || has_ended_ || is_deferred_) {
        return;
    }
    read_into_ = &back();
    std::size_t room_max = limits_.pipelined_bytes_max;
    switch (state_) {
        case State::idle:
        case State::reading_head:
            read_into_ = &front();
            room_max = limits_.head_bytes_max;
            break;
        case State::reading_body:
            if (body_place_ == BodyPlace::decoded) {
                back().reserve(kChunkedRoom);
            } else {
                read_into_ = body_place_ == BodyPlace::apart ? nullptr : &front();
            }
            break;
        case State::lingering:
            back().truncate(0);
            break;
        case State::answering:
        case State::refusing:
        case State::flushing:
            if (back().size() >= limits_.pipelined_bytes_max) {
                stream_.async_wait_reset(*this);
                return;
            }
            break;
        case State::upgrading:
        case State::upgraded:
        case State::gone:
        case State::ended:
            return;
    }
    if (read_into_ == nullptr) {
        stream_.async_read(body_.room(), *this);
        return;
    }
    if (!read_into_->empty() && read_into_->is_full()) {
        read_into_->reserve(std::min(read_into_->capacity() * 2, room_max));
    }
    stream_.async_read(read_into_->room(), *this);
}

}  // namespace pulse::net::detail
