#include "net/detail/stream_state.h"

#include "base/assert.h"
#include "net/detail/acknowledged_bytes.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace pulse::net::detail {
namespace {

// A slow reader's backlog is not kept for the rest of the connection's life.
constexpr std::size_t kUnsentKept = std::size_t{64} * 1024;

std::string address_of_peer(const Socket& socket) {
    boost::system::error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) {
        return {};
    }
    const auto address = endpoint.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

}  // namespace

StreamState::StreamState(Socket socket)
    : socket_(std::move(socket)), peer_address_(address_of_peer(socket_)) {
    boost::system::error_code ignored;  // a socket that is already dead says so at the first read
    socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
    socket_.non_blocking(true, ignored);
}

StreamState::~StreamState() = default;

void StreamState::async_read(std::span<char> buffer, ReadHandler& handler) {
    PULSE_ASSERT(is_open() && !buffer.empty() && reader_ == nullptr);
    reader_ = &handler;
    watcher_ = nullptr;
    read_buffer_ = buffer;
    is_read_cancelled_ = false;
    start_read();
}

void StreamState::async_wait_reset(ReadHandler& handler) {
    PULSE_ASSERT(is_open() && reader_ == nullptr);
    reader_ = &handler;
    await_reset();
}

void StreamState::await_reset() {
    socket_.async_wait(
        asio::socket_base::wait_error, [self = shared_from_this()](const auto& error) {
            if (!self->is_open()) {
                return;
            }
            if (error == asio::error::operation_aborted) {
                self->finish_read(StreamStatus::ok, 0);
                return;
            }
            // Urgent data ends the wait too; it is no reset, and is ignored.
            pollfd state{.fd = self->socket_.native_handle(), .events = 0, .revents = 0};
            if (::poll(&state, 1, 0) == 0) {
                self->await_reset();
            } else {
                self->finish_read(StreamStatus::cut, 0);
            }
        });
}

void StreamState::cancel_read() {
    PULSE_ASSERT(!is_writing());
    is_read_cancelled_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void StreamState::async_wait_input(ReadHandler& handler) {
    PULSE_ASSERT(is_open() && reader_ == nullptr);
    watcher_ = &handler;
    if (std::exchange(is_awaiting_input_, true)) {
        return;
    }
    // A wait and no read: whoever takes the stream over meanwhile finds every byte still there.
    socket_.async_wait(
        asio::socket_base::wait_read, [self = shared_from_this()](const auto& /*error*/) {
            self->is_awaiting_input_ = false;
            if (ReadHandler* const watcher = std::exchange(self->watcher_, nullptr)) {
                watcher->on_read(StreamStatus::ok, 0);
            }
        });
}

bool StreamState::has_input() {
    pollfd state{.fd = socket_.native_handle(), .events = POLLIN, .revents = 0};
    return !is_open() || ::poll(&state, 1, 0) != 0;
}

WriteProgress StreamState::write(std::span<const std::string_view> parts, WriteHandler& handler) {
    PULSE_ASSERT(writer_ == nullptr);
    for (const std::string_view part : parts) {
        bytes_given_ += part.size();
    }
    if (!is_open() || !send_now(parts)) {
        return WriteProgress::failed;
    }
    if (unsent().empty()) {
        return WriteProgress::done;
    }
    writer_ = &handler;
    start_write();
    return WriteProgress::pending;
}

bool StreamState::has_acknowledged_beyond(std::uint64_t mark) {
    // The connection's SYN counts as an acknowledged byte.
    const auto acknowledged =
        is_open() ? acknowledged_bytes(socket_.native_handle()) : std::nullopt;
    return !acknowledged || *acknowledged > mark + 1;
}

void StreamState::shutdown_send() {
    if (is_writing()) {
        ends_after_write_ = true;
    } else if (is_open()) {
        end_sending();
    }
}

void StreamState::close() {
    close(Closing::politely);
}

void StreamState::reset() {
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
    close(Closing::abruptly);
}

void StreamState::close(Closing closing) {
    reader_ = nullptr;
    watcher_ = nullptr;
    writer_ = nullptr;
    if (is_open()) {
        before_close(closing);
        boost::system::error_code ignored;
        socket_.close(ignored);
    }
}

void StreamState::finish_read(StreamStatus status, std::size_t bytes) {
    if (ReadHandler* const reader = std::exchange(reader_, nullptr)) {
        reader->on_read(status, bytes);
    }
}

void StreamState::finish_write(StreamStatus status) {
    if (unsent_.capacity() > kUnsentKept) {
        unsent_ = {};
    }
    unsent_.clear();
    sent_ = 0;
    if (status == StreamStatus::ok && ends_after_write_) {
        end_sending();
    }
    if (WriteHandler* const writer = std::exchange(writer_, nullptr)) {
        writer->on_written(status);
    }
}

void StreamState::keep_unsent(std::span<const std::string_view> parts, std::size_t skip) {
    for (const std::string_view part : parts) {
        const std::size_t skipped = std::min(skip, part.size());
        unsent_.append(part.substr(skipped));
        skip -= skipped;
    }
}

}  // namespace pulse::net::detail
