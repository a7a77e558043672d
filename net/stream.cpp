#include "net/stream.h"

#include "net/detail/stream_state.h"

#include <utility>

namespace pulse::net {
namespace {

const std::string kNobody;

}  // namespace

Stream::Stream() = default;
Stream::Stream(std::shared_ptr<detail::StreamState> state) : state_(std::move(state)) {}
Stream::Stream(Stream&&) noexcept = default;

Stream::~Stream() {
    close();
}

Stream& Stream::operator=(Stream&& other) noexcept {
    if (this != &other) {
        close();
        state_ = std::move(other.state_);
    }
    return *this;
}

bool Stream::is_open() const {
    return state_ && state_->is_open();
}

void Stream::async_read(std::span<char> buffer, ReadHandler& handler) {
    state_->async_read(buffer, handler);
}

void Stream::async_wait_reset(ReadHandler& handler) {
    state_->async_wait_reset(handler);
}

void Stream::async_wait_input(ReadHandler& handler) {
    state_->async_wait_input(handler);
}

void Stream::cancel_wait_input() {
    state_->cancel_wait_input();
}

bool Stream::has_input() const {
    return state_ && state_->has_input();
}

void Stream::cancel_read() {
    state_->cancel_read();
}

bool Stream::is_reading() const {
    return state_ && state_->is_reading();
}

WriteProgress Stream::write(std::span<const std::string_view> parts, WriteHandler& handler) {
    return state_->write(parts, handler);
}

bool Stream::is_writing() const {
    return state_ && state_->is_writing();
}

std::size_t Stream::bytes_unsent() const {
    return state_ ? state_->unsent().size() : 0;
}

std::uint64_t Stream::bytes_sent() const {
    return state_ ? state_->bytes_sent() : 0;
}

bool Stream::has_acknowledged_beyond(std::uint64_t mark) const {
    return !state_ || state_->has_acknowledged_beyond(mark);
}

void Stream::shutdown_send() {
    state_->shutdown_send();
}

void Stream::close() {
    if (state_) {
        state_->close();
    }
}

void Stream::reset() {
    if (state_) {
        state_->reset();
    }
}

const std::string& Stream::peer_address() const {
    return state_ ? state_->peer_address() : kNobody;
}

bool Stream::is_tls() const {
    return state_ && state_->is_tls();
}

}  // namespace pulse::net
