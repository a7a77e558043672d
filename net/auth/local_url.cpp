#include "net/auth/local_url.h"

#include <algorithm>
#include <array>

namespace pulse::net {

namespace {

/// 127.0.0.0/8, written as four decimal numbers: "127.0.0.1.example.com" is a name.
[[nodiscard]] bool is_loopback_v4(std::string_view host) {
    return host.starts_with("127.") && std::count(host.begin(), host.end(), '.') == 3 &&
           std::all_of(
               host.begin(), host.end(), [](char c) { return c == '.' || (c >= '0' && c <= '9'); });
}

}  // namespace

bool is_local_http(std::string_view url) {
    constexpr std::string_view kScheme = "http://";
    if (!url.starts_with(kScheme)) {
        return false;
    }
    url.remove_prefix(kScheme.size());
    const std::string_view authority = url.substr(0, url.find_first_of("/?#\\"));
    if (authority.find('@') != std::string_view::npos) {
        return false;
    }
    const bool is_v6 = authority.starts_with('[');
    const std::string_view host =
        authority.substr(0, is_v6 ? authority.find(']') + 1 : authority.find(':'));
    // Source: AWS SDKs and Tools Reference Guide, "Container credential provider", read 2026-11-21.
    static constexpr std::array<std::string_view, 5> kHosts{
        "localhost", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
    return is_loopback_v4(host) || std::find(kHosts.begin(), kHosts.end(), host) != kHosts.end();
}

}  // namespace pulse::net
