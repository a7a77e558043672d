#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace pulse::net {

/// A blocking TCP client on the loopback, as a caller behaves: 10 s without an answer is a failure.
class BlockingClient {
public:
    explicit BlockingClient(std::uint16_t port, int receive_buffer = 0) {
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        timeval patience{.tv_sec = 10, .tv_usec = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ::setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        if (receive_buffer > 0) {
            ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        }
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            ::close(socket_);
            throw std::runtime_error{"cannot connect"};
        }
    }
    explicit BlockingClient(int connected) : socket_(connected) {}
    BlockingClient(const BlockingClient&) = delete;
    BlockingClient& operator=(const BlockingClient&) = delete;
    ~BlockingClient() { close(); }

    void send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) {
                throw std::runtime_error{"cannot send"};
            }
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }

    /// Reads until `bytes` are there or the peer has ended.
    [[nodiscard]] std::string read(std::size_t bytes) {
        std::string text(bytes, '\0');
        std::size_t size = 0;
        while (size < bytes) {
            const auto got = ::recv(socket_, text.data() + size, bytes - size, 0);
            if (got <= 0) {
                ended_by_ = got == 0 ? End::finished : End::broken;
                break;
            }
            size += static_cast<std::size_t>(got);
        }
        text.resize(size);
        return text;
    }

    [[nodiscard]] std::string read_until(std::string_view mark) {
        std::string text;
        while (!text.ends_with(mark)) {
            const std::string byte = read(1);
            if (byte.empty()) {
                break;
            }
            text += byte;
        }
        return text;
    }

    [[nodiscard]] std::string read_to_end() { return read(std::size_t{1} << 24); }

    enum class End { open, finished, broken };
    [[nodiscard]] End ended_by() const { return ended_by_; }

    void shutdown_send() { ::shutdown(socket_, SHUT_WR); }
    void close() {
        if (socket_ >= 0) {
            ::close(std::exchange(socket_, -1));
        }
    }
    void reset() {
        linger now{.l_onoff = 1, .l_linger = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        close();
    }
    [[nodiscard]] int socket() const { return socket_; }

private:
    int socket_ = -1;
    End ended_by_ = End::open;
};

}  // namespace pulse::net
