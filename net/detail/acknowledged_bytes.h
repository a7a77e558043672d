#pragma once

#include <cstdint>
#include <optional>

namespace pulse::net::detail {

/// How many bytes of a TCP socket the peer's kernel has acknowledged, its SYN included. Source:
/// tcp(7), TCP_INFO, tcpi_bytes_acked (RFC 4898 tcpEStatsAppHCThruOctetsAcked), Linux 4.1.
[[nodiscard]] std::optional<std::uint64_t> acknowledged_bytes(int socket);

}  // namespace pulse::net::detail
