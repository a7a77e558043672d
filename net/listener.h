#pragma once

#include "base/error.h"
#include "net/loop.h"
#include "net/stream.h"
#include "net/tls.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace pulse::net {

struct ListenAddress {
    std::string host;  ///< "127.0.0.1", "::1", "0.0.0.0", "::" (IPv6 alone), "" (all addresses)
    std::uint16_t port = 0;
    [[nodiscard]] std::string to_string() const;  ///< "127.0.0.1:8080", "[::1]:8080"
};
/// "127.0.0.1:8080", "[::1]:8080", "localhost:8080", ":8080" (all addresses). Errors:
/// configuration.
[[nodiscard]] Result<ListenAddress> parse_listen_address(std::string_view text);

/// Holds a port for this process: a plain bind proves that nobody else has it (SO_REUSEPORT would
/// let a second process join silently), a lock file in the temporary directory keeps a second Pulse
/// out. Port 0 picks one.
class PortClaim {
public:
    /// Errors: configuration that names the address and who holds it.
    [[nodiscard]] static Result<PortClaim> take(const ListenAddress& address);
    [[nodiscard]] const ListenAddress& address() const { return address_; }  ///< with the real port
    PortClaim(PortClaim&&) noexcept;
    PortClaim& operator=(PortClaim&&) noexcept;
    ~PortClaim();

private:
    PortClaim() = default;
    ListenAddress address_;
    int lock_fd_ = -1;
    int holder_fd_ = -1;  ///< keeps an ephemeral port until the listeners are open; bound with
                          ///< SO_REUSEPORT, not listening
};

/// One worker's accepting socket (SO_REUSEPORT). A TLS handshake is finished (10 s at most) before
/// the stream is handed over. Lives on one worker.
class Listener {
public:
    using OnAccept = std::function<void(Stream)>;
    struct Settings {
        std::shared_ptr<TlsContext> tls;  ///< null: plain
        std::size_t connections_max =
            20'000;  ///< of this worker; beyond it new ones wait in the kernel's queue
    };
    [[nodiscard]] static Result<std::unique_ptr<Listener>> open(
        Loop& loop, const ListenAddress& address, Settings settings, OnAccept on_accept);
    virtual ~Listener() = default;
    /// Stops accepting; accepted streams live on.
    virtual void close() = 0;
    /// A stream that was handed over has ended: room for another.
    virtual void on_stream_ended() = 0;
};

}  // namespace pulse::net
