#pragma once

#include "app/config/config.h"
#include "base/error.h"
#include "console/api/http_server.h"

#include <memory>

namespace pulse::app {

/// Answers on the gateway's address while there is no database yet: 503 `policy_unavailable` in the
/// caller's dialect with Retry-After, because without the keys nobody can be told that his is
/// wrong.
/// `/livez` is alive, `/readyz` is not ready.
class WaitingRoom {
public:
    /// Errors: configuration, when the address is taken.
    [[nodiscard]] static Result<WaitingRoom> open(const Config& config);

private:
    explicit WaitingRoom(std::unique_ptr<console::HttpServer> server)
        : server_(std::move(server)) {}
    std::unique_ptr<console::HttpServer> server_;  ///< none with TLS: callers find nobody there
};

}  // namespace pulse::app
