#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/error.h"

namespace pulse::gateway {

/// The built-in provider: a server on a loopback port and a thread of its own, reached like any other provider, so that a first
/// call is admitted, metered and priced without an account anywhere. Streams are paced at 50 ms an event.
class SandboxServer {
public:
    /// Errors: configuration when no loopback port can be had.
    [[nodiscard]] static Result<std::unique_ptr<SandboxServer>> start();
    virtual ~SandboxServer() = default;

    /// "http://127.0.0.1:PORT/v1"
    [[nodiscard]] virtual const std::string& base_url() const = 0;
};

}  // namespace pulse::gateway
