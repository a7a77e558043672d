#pragma once

#include "net/redis/address.h"
#include "net/redis/reply.h"

#include <cstdint>

namespace pulse::net::redis::detail {

/// An error reply that is about the servers, not about the command: in all these cases the command
/// was not executed. Value; not thread-safe.
/// Source: https://redis.io/docs/reference/cluster-spec/ "Redirection and resharding" and the
/// shared replies of Redis 5 to 7 (server.c, createSharedObjects), read 2026-11-21.
struct ServerError {
    enum class Kind : std::uint8_t {
        none,          ///< not one of these: the caller's business
        no_script,     ///< NOSCRIPT
        moved,         ///< MOVED: the slot is served elsewhere
        ask,           ///< ASK: this key alone is served elsewhere, for now
        try_again,     ///< TRYAGAIN: the keys lie on both sides of a migration
        cluster_down,  ///< CLUSTERDOWN
        loading,       ///< LOADING: a server that has just started
        not_master,    ///< READONLY or MASTERDOWN: a replica, also from within a script
        busy,          ///< BUSY: a script runs for too long
    };
    Kind kind = Kind::none;
    std::uint16_t slot = 0;  ///< of moved and ask
    HostPort server;         ///< likewise; an empty host is that of the server that said it
};

[[nodiscard]] ServerError server_error_of(const Reply& reply);

}  // namespace pulse::net::redis::detail
