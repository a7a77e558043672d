#pragma once

#include "base/error.h"
#include "net/tls.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::net::redis {

/// Where one server listens.
struct HostPort {
    std::string host;  ///< a name or an address, without brackets
    std::uint16_t port = 6379;

    friend auto operator<=>(const HostPort&, const HostPort&) = default;
};
/// "redis.internal:6379", "[::1]:6379".
[[nodiscard]] std::string to_string(const HostPort& server);

/// How the servers stand to each other.
enum class Topology : std::uint8_t {
    single,    ///< one server; of several the first that answers and is a master
    sentinel,  ///< the hosts are sentinels, which know the master
    cluster,   ///< the hosts are seeds of a Redis Cluster
};

/// What a URL of a store says. Value; not thread-safe.
struct RedisAddress {
    Topology topology = Topology::single;
    std::vector<HostPort> hosts;  ///< at least one, at most 32
    std::string master_name;      ///< of a Sentinel set
    std::string user;             ///< empty: the password alone (Redis 5, `requirepass`)
    std::string password;         ///< empty: none
    int database = 0;
    bool uses_tls = false;
    std::filesystem::path ca;  ///< empty: the system's authorities
};

/// Reads `redis://[user:password@]host[:port][,host:port…][/database]`; `rediss://` for TLS, with
/// `?ca=/path` for authorities of one's own; `redis+sentinel://…/master-name[/database]`;
/// `redis+cluster://…`; `rediss+sentinel`, `rediss+cluster`. User and password are percent-decoded;
/// `redis://:password@host` has a password alone. The port is 6379, a sentinel's 26379, when none
/// is given. Errors: configuration, saying what is allowed and never repeating what may be a
/// password.
[[nodiscard]] Result<RedisAddress> parse_redis_url(std::string_view url);

/// The URL without its password: for logs and pages.
[[nodiscard]] std::string without_password(const RedisAddress& address);

/// What the address asks for, shared by all workers; null when it is plain. Errors: configuration.
[[nodiscard]] Result<std::shared_ptr<TlsContext>> open_redis_tls(const RedisAddress& address);

}  // namespace pulse::net::redis
