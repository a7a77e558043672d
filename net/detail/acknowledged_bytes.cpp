#include "net/detail/acknowledged_bytes.h"

// The kernel's own header: the C library's tcp_info ends before the field. The two cannot be
// included together.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>

namespace pulse::net::detail {

std::optional<std::uint64_t> acknowledged_bytes(int socket) {
    tcp_info info{};
    socklen_t size = sizeof info;
    const bool is_known =
        ::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
        size >= offsetof(tcp_info, tcpi_bytes_acked) + sizeof info.tcpi_bytes_acked;
    return is_known ? std::optional<std::uint64_t>{info.tcpi_bytes_acked} : std::nullopt;
}

}  // namespace pulse::net::detail
