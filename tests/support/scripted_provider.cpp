#include "tests/support/scripted_provider.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>

#include "base/assert.h"

namespace pulse::tests {

namespace {

constexpr timeval kPatience{.tv_sec = 10, .tv_usec = 0};

[[nodiscard]] sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

void be_patient(int fd) {
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
}

void send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

[[nodiscard]] bool read_into(int fd, std::string& buffer) {
    char bytes[16384];
    const ssize_t size = ::recv(fd, bytes, sizeof bytes, 0);
    if (size <= 0) {
        return false;
    }
    buffer.append(bytes, static_cast<std::size_t>(size));
    return true;
}

/// Bytes of a whole message with Content-Length at the buffer's beginning; npos while it is unfinished.
[[nodiscard]] std::size_t message_size(const std::string& buffer) {
    const std::size_t head = buffer.find("\r\n\r\n");
    if (head == std::string::npos) {
        return std::string::npos;
    }
    std::size_t length = 0;
    std::string lower = buffer.substr(0, head);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    constexpr std::string_view kField = "\ncontent-length: ";
    const std::size_t field = lower.find(kField);
    if (field != std::string::npos) {
        length = static_cast<std::size_t>(
            std::strtoull(buffer.c_str() + field + kField.size(), nullptr, 10));
    }
    const std::size_t size = head + 4 + length;
    return buffer.size() >= size ? size : std::string::npos;
}

}  // namespace

ScriptedConnection::~ScriptedConnection() { close(); }

std::string ScriptedConnection::read_request() {
    std::size_t size = message_size(carried_);
    while (size == std::string::npos && read_into(fd_, carried_)) {
        size = message_size(carried_);
    }
    if (size == std::string::npos) {
        return {};
    }
    std::string request = carried_.substr(0, size);
    carried_.erase(0, size);
    return request;
}

void ScriptedConnection::send(std::string_view bytes) { send_all(fd_, bytes); }

void ScriptedConnection::close() {
    if (fd_ >= 0) {
        ::close(fd_);
        fd_ = -1;
    }
}

void ScriptedConnection::reset() {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
}

bool ScriptedConnection::await_close() {
    std::string ignored;
    while (read_into(fd_, ignored)) {
    }
    pollfd state{.fd = fd_, .events = POLLIN, .revents = 0};
    return ::poll(&state, 1, 0) == 1;
}

ScriptedProvider::ScriptedProvider(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    PULSE_ASSERT(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    PULSE_ASSERT(::listen(listener_, 64) == 0);
    acceptor_ = std::thread([this] {
        for (std::size_t i = 0; i < scripts_.size(); ++i) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) {
                return;
            }
            be_patient(fd);
            {
                const std::scoped_lock lock(mutex_);
                ++accepted_;
            }
            players_.emplace_back([this, i, fd] {
                ScriptedConnection connection(fd);
                scripts_[i](connection);
            });
        }
    });
}

ScriptedProvider::~ScriptedProvider() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    ::close(listener_);
    for (std::thread& player : players_) {
        player.join();
    }
}

std::size_t ScriptedProvider::accepted() const {
    const std::scoped_lock lock(mutex_);
    return accepted_;
}

ScriptedCaller::ScriptedCaller(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    be_patient(fd_);
    const sockaddr_in address = loopback(port);
    PULSE_ASSERT(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
}

ScriptedCaller::~ScriptedCaller() { hang_up(); }

void ScriptedCaller::send(std::string_view bytes) { send_all(fd_, bytes); }

bool ScriptedCaller::read_some() { return read_into(fd_, buffer_); }

std::string ScriptedCaller::read_until(std::string_view needle) {
    while (buffer_.find(needle) == std::string::npos && read_some()) {
    }
    const std::size_t found = buffer_.find(needle);
    const std::size_t size = found == std::string::npos ? buffer_.size() : found + needle.size();
    std::string text = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return text;
}

std::string ScriptedCaller::read_answer() {
    std::size_t size = message_size(buffer_);
    while (size == std::string::npos && read_some()) {
        size = message_size(buffer_);
    }
    std::string answer = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return answer;
}

std::string ScriptedCaller::read_to_end() {
    while (read_some()) {
    }
    return std::exchange(buffer_, {});
}

void ScriptedCaller::hang_up() {
    if (fd_ >= 0) {
        ::close(fd_);
        fd_ = -1;
    }
}

}  // namespace pulse::tests
