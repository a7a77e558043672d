#include "net/detail/stream_state.h"

#include <boost/asio/buffer.hpp>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace pulse::net::detail {
namespace {

// A head, a chunk's frame and its data are three; more parts than this go out in rounds.
constexpr std::size_t kPartsMax = 16;

StreamStatus status_of(const boost::system::error_code& error) {
    if (!error || error == asio::error::operation_aborted) {
        return StreamStatus::ok;
    }
    if (error == asio::error::eof) {
        return StreamStatus::end;
    }
    const bool is_cut = error == asio::error::connection_reset || error == asio::error::broken_pipe;
    return is_cut ? StreamStatus::cut : StreamStatus::error;
}

class PlainStream final : public StreamState {
public:
    using StreamState::StreamState;
    [[nodiscard]] bool is_tls() const override { return false; }

private:
    void start_read() override {
        socket().async_read_some(
            asio::buffer(read_buffer().data(), read_buffer().size()),
            [self = self_ptr()](const boost::system::error_code& error, std::size_t bytes) {
                if (self->is_open()) {
                    self->finish_read(status_of(error), bytes);
                }
            });
    }

    [[nodiscard]] bool send_now(std::span<const std::string_view> parts) override {
        for (; !parts.empty(); parts = parts.subspan(std::min(parts.size(), kPartsMax))) {
            const auto round = parts.first(std::min(parts.size(), kPartsMax));
            const auto sent = send_round(round);
            if (sent < 0) {
                return false;
            }
            keep_unsent(round, static_cast<std::size_t>(sent));
            if (!unsent().empty()) {
                keep_unsent(parts.subspan(round.size()), 0);
                break;
            }
        }
        return true;
    }

    /// Bytes that the kernel took, 0 when it is full, -1 when the connection is broken.
    [[nodiscard]] ssize_t send_round(std::span<const std::string_view> parts) {
        std::array<iovec, kPartsMax> vectors{};
        for (std::size_t i = 0; i < parts.size(); ++i) {
            vectors[i] = {
                .iov_base = const_cast<char*>(parts[i].data()), .iov_len = parts[i].size()};
        }
        msghdr message{};
        message.msg_iov = vectors.data();
        message.msg_iovlen = parts.size();
        ssize_t sent = -1;
        do {
            sent = ::sendmsg(socket().native_handle(), &message, MSG_NOSIGNAL);
        } while (sent < 0 && errno == EINTR);
        return sent < 0 && errno == EAGAIN ? 0 : sent;
    }

    void start_write() override {
        socket().async_write_some(
            asio::buffer(unsent().data(), unsent().size()),
            [self = self_ptr()](const boost::system::error_code& error, std::size_t bytes) {
                if (!self->is_open()) {
                    return;
                }
                self->drop_sent(bytes);
                if (!error && !self->unsent().empty()) {
                    self->start_write();
                    return;
                }
                self->finish_write(status_of(error));
            });
    }

    void end_sending() override {
        boost::system::error_code ignored;
        socket().shutdown(asio::socket_base::shutdown_send, ignored);
    }

    [[nodiscard]] std::shared_ptr<PlainStream> self_ptr() {
        return std::static_pointer_cast<PlainStream>(shared_from_this());
    }
};

}  // namespace

Stream make_plain_stream(Socket socket) {
    return Stream{std::make_shared<PlainStream>(std::move(socket))};
}

}  // namespace pulse::net::detail
