#pragma once

#include "app/config/config.h"
#include "base/error.h"
#include "console/api/console_api.h"
#include "console/api/http_server.h"

#include <cstdint>
#include <memory>

namespace pulse::app {

/// The console's API on its port, with database connections of its own. Lives on the main thread.
class ConsoleServer {
public:
    /// Takes requests. Errors: configuration (the port is taken, a proxy's block is none).
    [[nodiscard]] static Result<std::unique_ptr<ConsoleServer>> start(const Config& config);
    [[nodiscard]] std::uint16_t port() const { return server_->port(); }

private:
    explicit ConsoleServer(console::ConsoleApi::Parts parts) : api_(std::move(parts)) {}
    console::ConsoleApi api_;
    std::unique_ptr<console::HttpServer> server_;
};

}  // namespace pulse::app
