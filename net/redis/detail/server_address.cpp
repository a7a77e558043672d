#include "net/redis/detail/server_address.h"

#include <charconv>
#include <system_error>

namespace pulse::net::redis::detail {

std::optional<HostPort> read_server(std::string_view host, std::string_view port) {
    HostPort server{.host = std::string{host}, .port = 0};
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), server.port);
    const bool is_good = error == std::errc{} && end == port.data() + port.size() &&
                         server.port != 0 && !host.empty();
    return is_good ? std::optional{server} : std::nullopt;
}

std::optional<HostPort> read_server(
    const Reply& host, const Reply& port, std::string_view own_host) {
    const std::string_view name = host.text().empty() ? own_host : host.text();
    return port.kind() == Reply::Kind::integer ? read_server(name, std::to_string(port.integer()))
                                               : read_server(name, port.text());
}

}  // namespace pulse::net::redis::detail
