#pragma once

#include "base/error.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace pulse::net {

/// Handshakes that succeeded, and how many of them resumed an earlier session.
struct TlsCounts {
    std::uint64_t handshakes = 0;
    std::uint64_t resumed = 0;
};

/// Certificates and settings of one side of TLS 1.2+. Thread-safe once made; shared by all workers,
/// sessions are kept per worker. OpenSSL's types stay behind it. Opening one makes the process
/// ignore SIGPIPE, which OpenSSL's writes would raise.
class TlsContext {
public:
    struct Impl;
    explicit TlsContext(std::unique_ptr<Impl> impl);
    ~TlsContext();

    /// For a listener. Errors: configuration with the file and OpenSSL's reason.
    [[nodiscard]] static Result<std::shared_ptr<TlsContext>> open_server(
        const std::filesystem::path& certificate, const std::filesystem::path& private_key);
    /// For upstreams: verifies chain and host name. `ca` empty: the system's authorities.
    [[nodiscard]] static Result<std::shared_ptr<TlsContext>> open_client(
        const std::filesystem::path& ca);

    [[nodiscard]] TlsCounts counts() const;

    [[nodiscard]] Impl& impl() { return *impl_; }

private:
    std::unique_ptr<Impl> impl_;
};

}  // namespace pulse::net
