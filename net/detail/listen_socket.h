#pragma once

#include "base/error.h"
#include "net/listener.h"

namespace pulse::net::detail {

/// Whether other sockets of this process may share the port.
enum class PortSharing : std::uint8_t { alone, shared };

/// A non-blocking TCP socket that is bound, and not yet listening; the caller closes it. Errors:
/// configuration with the address and the system's reason.
[[nodiscard]] Result<int> bind_socket(const ListenAddress& address, PortSharing sharing);

/// The port that the kernel gave to it.
[[nodiscard]] std::uint16_t port_of(int socket);

}  // namespace pulse::net::detail
