#pragma once

#include <string_view>

namespace pulse::net {

/// Is this plain http to loopback or to the addresses at which a container's host gives credentials
/// out? Elsewhere credentials go over TLS alone.
[[nodiscard]] bool is_local_http(std::string_view url);

}  // namespace pulse::net
