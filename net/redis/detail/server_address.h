#pragma once

#include "net/redis/address.h"
#include "net/redis/reply.h"

#include <optional>
#include <string_view>

namespace pulse::net::redis::detail {

/// A server as sentinels and clusters name it. Nothing when there is no host or no port.
[[nodiscard]] std::optional<HostPort> read_server(std::string_view host, std::string_view port);
/// Of two elements of a reply: the port may be a number or its digits. An empty or missing host is
/// `own_host`, that of the server which was asked.
[[nodiscard]] std::optional<HostPort> read_server(
    const Reply& host, const Reply& port, std::string_view own_host);

}  // namespace pulse::net::redis::detail
