#include "net/redis/address.h"

#include "net/auth/percent.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

namespace pulse::net::redis {
namespace {

constexpr std::uint16_t kPort = 6379;
constexpr std::uint16_t kSentinelPort = 26379;
constexpr std::size_t kHostsMax = 32;
constexpr int kDatabaseMax = 1'000'000;
constexpr std::string_view kForms =
    "redis://[user:password@]host:port[,host:port]/database, redis+sentinel://host:port,"
    "host:port/master-name[/database] or redis+cluster://host:port,host:port; with rediss for TLS, "
    "which takes ?ca=/path";

struct Scheme {
    std::string_view name;
    Topology topology;
    bool uses_tls;
};
constexpr Scheme kSchemes[] = {
    {"redis", Topology::single, false},
    {"rediss", Topology::single, true},
    {"redis+sentinel", Topology::sentinel, false},
    {"rediss+sentinel", Topology::sentinel, true},
    {"redis+cluster", Topology::cluster, false},
    {"rediss+cluster", Topology::cluster, true},
};

const Scheme& scheme_of(const RedisAddress& address) {
    return *std::find_if(std::begin(kSchemes), std::end(kSchemes), [&](const Scheme& each) {
        return each.topology == address.topology && each.uses_tls == address.uses_tls;
    });
}

/// What is wrong, and the forms; never a part of the URL: what looks like a host may be a password
/// with an "@" or "/" in it.
Error malformed(std::string_view what) {
    return Error{
        Errc::configuration,
        "the Redis URL " + std::string{what} + "; allowed is " + std::string{kForms}};
}

template <class Number>
std::optional<Number> number_of(std::string_view text, Number least, Number most) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size();
    return is_whole && value >= least && value <= most ? std::optional{value} : std::nullopt;
}

/// What stands before the mark; the rest stays in `text`. All of it when there is no mark.
std::string_view take_until(std::string_view& text, char mark) {
    const std::size_t end = std::min(text.find(mark), text.size());
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return taken;
}

std::string decoded(std::string_view text) {
    std::string plain;
    append_percent_decoded(plain, text);
    return plain;
}

bool is_host(std::string_view host) {
    return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return is_letter || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == ':';
    });
}

[[nodiscard]] Result<HostPort> read_host(std::string_view text, std::uint16_t default_port) {
    HostPort server{.host = {}, .port = default_port};
    std::string_view port;
    bool has_port = false;
    if (text.starts_with('[')) {
        const std::size_t close = text.find(']');
        if (close == std::string_view::npos) {
            return malformed("has an IPv6 address without its \"]\"");
        }
        server.host = text.substr(1, close - 1);
        has_port = close + 1 < text.size();
        if (has_port && text[close + 1] != ':') {
            return malformed("has something behind the \"]\" that is not \":port\"");
        }
        port = has_port ? text.substr(close + 2) : std::string_view{};
    } else {
        has_port = text.find(':') != std::string_view::npos;
        server.host = take_until(text, ':');
        port = text;
    }
    if (!is_host(server.host)) {
        return malformed("has no host, or one with characters that a name cannot have");
    }
    if (has_port) {
        const auto value = number_of<std::uint16_t>(port, 1, 65535);
        if (!value) {
            return malformed("has a port that is not between 1 and 65535");
        }
        server.port = *value;
    }
    return server;
}

[[nodiscard]] Result<void> read_hosts(std::string_view text, RedisAddress& address) {
    const std::uint16_t port = address.topology == Topology::sentinel ? kSentinelPort : kPort;
    do {
        auto host = read_host(take_until(text, ','), port);
        if (!host) {
            return host.error();
        }
        address.hosts.push_back(std::move(*host));
    } while (!text.empty() && address.hosts.size() <= kHostsMax);
    if (address.hosts.size() > kHostsMax) {
        return malformed("names more than " + std::to_string(kHostsMax) + " hosts");
    }
    return {};
}

[[nodiscard]] Result<void> read_path(std::string_view path, RedisAddress& address) {
    if (address.topology == Topology::sentinel) {
        address.master_name = decoded(take_until(path, '/'));
        if (address.master_name.empty()) {
            return malformed("of a Sentinel set lacks the master's name behind the hosts");
        }
    }
    if (path.empty()) {
        return {};
    }
    const auto database = number_of<int>(path, 0, kDatabaseMax);
    if (!database) {
        return malformed("has a database that is no number");
    }
    if (address.topology == Topology::cluster && *database != 0) {
        return malformed("of a cluster names a database, but a cluster has number 0 alone");
    }
    address.database = *database;
    return {};
}

[[nodiscard]] Result<void> read_options(std::string_view options, RedisAddress& address) {
    while (!options.empty()) {
        std::string_view value = take_until(options, '&');
        const std::string_view name = take_until(value, '=');
        if (name != "ca" || value.empty()) {
            return malformed("has an option other than ?ca=/path");
        }
        if (!address.uses_tls) {
            return malformed("has authorities (?ca=) but no TLS");
        }
        address.ca = decoded(value);
    }
    return {};
}

}  // namespace

std::string to_string(const HostPort& server) {
    const bool is_v6 = server.host.find(':') != std::string::npos;
    return (is_v6 ? "[" + server.host + "]" : server.host) + ":" + std::to_string(server.port);
}

Result<RedisAddress> parse_redis_url(std::string_view url) {
    const std::size_t mark = url.find("://");
    const std::string_view name = url.substr(0, std::min(mark, url.size()));
    const auto* const scheme =
        std::find_if(std::begin(kSchemes), std::end(kSchemes), [&](const Scheme& each) {
            return each.name == name;
        });
    if (mark == std::string_view::npos || scheme == std::end(kSchemes)) {
        return malformed("does not begin with a scheme that is known");
    }
    RedisAddress address;
    address.topology = scheme->topology;
    address.uses_tls = scheme->uses_tls;
    std::string_view rest = url.substr(mark + 3);
    // The last "@" of what stands before the path: a password may hold one that is not encoded.
    const std::size_t at = rest.substr(0, rest.find('/')).rfind('@');
    if (at != std::string_view::npos) {
        std::string_view login = rest.substr(0, at);
        rest.remove_prefix(at + 1);
        address.user = decoded(take_until(login, ':'));
        address.password = decoded(login);
        if (address.password.empty()) {
            return malformed("has an \"@\" without \":password\" before it");
        }
    }
    std::string_view options = rest;
    rest = take_until(options, '?');
    std::string_view path = rest;
    const std::string_view hosts = take_until(path, '/');
    for (const Result<void>& part :
         {read_hosts(hosts, address), read_path(path, address), read_options(options, address)}) {
        if (!part) {
            return part.error();
        }
    }
    return address;
}

std::string without_password(const RedisAddress& address) {
    std::string text{scheme_of(address).name};
    text += "://";
    if (!address.user.empty()) {
        append_percent_encoded(text, address.user);
        text += '@';
    }
    for (std::size_t i = 0; i < address.hosts.size(); ++i) {
        text += (i == 0 ? "" : ",") + to_string(address.hosts[i]);
    }
    if (address.topology == Topology::sentinel) {
        text += '/';
        append_percent_encoded(text, address.master_name);
    }
    if (address.topology != Topology::cluster) {
        text += "/" + std::to_string(address.database);
    }
    return text;
}

Result<std::shared_ptr<TlsContext>> open_redis_tls(const RedisAddress& address) {
    if (!address.uses_tls) {
        return std::shared_ptr<TlsContext>{};
    }
    return TlsContext::open_client(address.ca);
}

}  // namespace pulse::net::redis
