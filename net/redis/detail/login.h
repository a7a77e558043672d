#pragma once

#include "net/redis/address.h"
#include "net/redis/reply.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pulse::net::redis::detail {

/// What a connection says first, all at once, and whether the answers let it go on. Value; not
/// thread-safe.
class Login {
public:
    /// Whom it is for.
    enum class Peer : std::uint8_t {
        server,    ///< as the address says
        master,    ///< the same, and it must be one now (ROLE)
        sentinel,  ///< the same password, if it wants one; no database
    };
    Login(const RedisAddress& address, Peer peer);

    /// As RESP.
    [[nodiscard]] std::string commands() const;
    [[nodiscard]] std::size_t size() const { return steps_.size(); }
    /// Why the reply to that step ends the connection, without what the server may have repeated of
    /// a password; nothing when all is well.
    [[nodiscard]] std::optional<std::string> refusal(std::size_t step, const Reply& reply) const;

private:
    enum class Step : std::uint8_t { auth, select, set_name, ping, role };

    std::string user_;
    std::string password_;
    int database_;
    Peer peer_;
    std::vector<Step> steps_;
};

}  // namespace pulse::net::redis::detail
