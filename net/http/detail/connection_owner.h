#pragma once

#include <string>

namespace pulse::net::detail {

class Connection;

/// What a connection needs of its server.
class ConnectionOwner {
public:
    [[nodiscard]] virtual bool is_draining() const = 0;
    /// Destroys the connection and its handler after the current call.
    virtual void retire(Connection& connection) = 0;
    /// A caller spoke HTTP/2.
    virtual void on_http2(const std::string& peer_address) = 0;

protected:
    ~ConnectionOwner() = default;
};

}  // namespace pulse::net::detail
