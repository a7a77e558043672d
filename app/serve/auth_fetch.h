#pragma once

#include "base/error.h"
#include "net/auth/auth_fetch.h"

#include <atomic>

namespace pulse::app {

/// Sends a request to a server that gives credentials out, by fetch(), whose errors it has.
[[nodiscard]] Result<net::AuthAnswer> fetch_auth(
    const net::AuthRequest& request, const std::atomic<bool>& cancelled);

}  // namespace pulse::app
