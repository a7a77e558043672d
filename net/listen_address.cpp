#include "net/detail/listen_socket.h"
#include "net/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

namespace pulse::net {
namespace {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
    [[nodiscard]] const sockaddr* get() const {
        return reinterpret_cast<const sockaddr*>(&storage);
    }
};

bool is_ipv4(const std::string& host) {
    in_addr ignored{};
    return ::inet_pton(AF_INET, host.c_str(), &ignored) == 1;
}

bool is_ipv6(const std::string& host) {
    in6_addr ignored{};
    return ::inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

SocketAddress ipv4_address(const std::string& host, std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    SocketAddress out{.size = sizeof address};
    std::memcpy(&out.storage, &address, sizeof address);
    return out;
}

SocketAddress ipv6_address(const std::string& host, std::uint16_t port) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    ::inet_pton(AF_INET6, host.c_str(), &address.sin6_addr);
    SocketAddress out{.size = sizeof address};
    std::memcpy(&out.storage, &address, sizeof address);
    return out;
}

void switch_option(int socket, int level, int option, bool on) {
    const int value = on ? 1 : 0;
    (void)::setsockopt(socket, level, option, &value, sizeof value);
}

/// The bound socket, or -1 with errno.
int try_bind(const SocketAddress& address, bool v6_only, detail::PortSharing sharing) {
    const int socket =
        ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket < 0) {
        return -1;
    }
    // Else a restart would wait for the old connections' TIME_WAIT.
    switch_option(socket, SOL_SOCKET, SO_REUSEADDR, true);
    if (sharing == detail::PortSharing::shared) {
        switch_option(socket, SOL_SOCKET, SO_REUSEPORT, true);
    }
    if (address.storage.ss_family == AF_INET6) {
        switch_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, v6_only);
    }
    if (::bind(socket, address.get(), address.size) != 0) {
        const int reason = errno;
        ::close(socket);
        errno = reason;
        return -1;
    }
    return socket;
}

Error not_an_address(std::string_view text) {
    return Error{
        Errc::configuration,
        "\"" + std::string{text.substr(0, 100)} +
            "\" is no address to listen on; write \"127.0.0.1:8080\", \"[::1]:8080\", "
            "\"localhost:8080\" or \":8080\""};
}

}  // namespace

std::string ListenAddress::to_string() const {
    const std::string port_text = ":" + std::to_string(port);
    return host.find(':') == std::string::npos ? host + port_text : "[" + host + "]" + port_text;
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return not_an_address(text);
    }
    std::string_view host = text.substr(0, colon);
    const std::string_view digits = text.substr(colon + 1);
    ListenAddress address;
    const auto [end, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
    if (problem != std::errc{} || end != digits.data() + digits.size()) {
        return not_an_address(text);
    }
    const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (is_bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    address.host = host == "localhost" ? "127.0.0.1" : host;
    const bool is_good =
        is_bracketed ? is_ipv6(address.host) : address.host.empty() || is_ipv4(address.host);
    if (!is_good) {
        return not_an_address(text);
    }
    return address;
}

namespace detail {

Result<int> bind_socket(const ListenAddress& address, PortSharing sharing) {
    int socket = -1;
    if (!address.host.empty()) {
        socket = is_ipv4(address.host)
                     ? try_bind(ipv4_address(address.host, address.port), false, sharing)
                     : try_bind(ipv6_address(address.host, address.port), true, sharing);
    } else {
        socket = try_bind(ipv6_address("::", address.port), false, sharing);
        if (socket < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
            socket = try_bind(
                ipv4_address("0.0.0.0", address.port), false, sharing);  // a machine without IPv6
        }
    }
    if (socket < 0) {
        const int reason = errno;
        std::string detail = "cannot listen on " + address.to_string() + ": " +
                             std::generic_category().message(reason);
        if (reason == EADDRINUSE) {
            detail += " (another program has it; stop it or choose another port)";
        }
        return Error{Errc::configuration, std::move(detail)};
    }
    return socket;
}

std::uint16_t port_of(int socket) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
        return 0;
    }
    // sin_port and sin6_port lie at the same place.
    sockaddr_in address{};
    std::memcpy(&address, &storage, sizeof address);
    return ntohs(address.sin_port);
}

}  // namespace detail
}  // namespace pulse::net
