#include "console/api/browser_guard.h"

#include <algorithm>
#include <array>
#include <utility>

namespace pulse::console {
namespace {

constexpr std::string_view kBearer = "Bearer ";

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kSafetyHeaders{{
    {"content-security-policy", kContentPolicy},
    {"x-content-type-options", "nosniff"},
    {"x-frame-options", "DENY"},
    {"referrer-policy", "no-referrer"},
    {"cross-origin-opener-policy", "same-origin"},
    {"cross-origin-resource-policy", "same-origin"},
}};

[[nodiscard]] std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) {
        text.remove_prefix(1);
    }
    while (text.ends_with(' ')) {
        text.remove_suffix(1);
    }
    return text;
}

/// RFC 9110 §11.1: the scheme's case does not matter.
[[nodiscard]] bool is_bearer(std::string_view field) {
    return field.size() > kBearer.size() &&
           std::equal(kBearer.begin(), kBearer.end(), field.begin(), [](char a, char b) {
               return a == b || (b >= 'A' && b <= 'Z' && a == b + ('a' - 'A')) ||
                      (b >= 'a' && b <= 'z' && a == b - ('a' - 'A'));
           });
}

}  // namespace

void add_safety_headers(HttpResponse& response) {
    for (const auto& [name, value] : kSafetyHeaders) {
        const bool is_said =
            std::any_of(response.fields.begin(), response.fields.end(), [&](const auto& field) {
                return field.first == name;
            });
        if (!is_said) {
            response.fields.emplace_back(name, value);
        }
    }
}

Result<void> check_origin(const HttpRequest& request, const Caller& caller) {
    const Error refused{Errc::forbidden, "another site's page may not do this"};
    const std::string_view site = request.field("sec-fetch-site");
    if (!site.empty() && site != "same-origin" && site != "none") {
        return refused;
    }
    const std::string_view origin = request.field("origin");
    if (origin.empty()) {
        return {};
    }
    // Behind a proxy that we do not know, the page's scheme may be https and ours not: the host is
    // what another site cannot have.
    const std::size_t mark = origin.find("://");
    const std::string_view scheme = origin.substr(0, std::min(mark, origin.size()));
    const bool is_ours = mark != std::string_view::npos &&
                         origin.substr(mark + 3) == request.field("host") &&
                         (scheme == "https" || (scheme == "http" && !caller.is_https));
    return is_ours ? Result<void>{} : Result<void>{refused};
}

std::string_view cookie_of(const HttpRequest& request, std::string_view name) {
    for (const auto& [field, value] : request.fields) {
        if (field != "cookie") {
            continue;
        }
        for (std::string_view rest = value; !rest.empty();) {
            const std::string_view pair = rest.substr(0, rest.find(';'));
            rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
            const std::size_t mark = pair.find('=');
            if (mark != std::string_view::npos && trimmed(pair.substr(0, mark)) == name) {
                return trimmed(pair.substr(mark + 1));
            }
        }
    }
    return {};
}

Credentials credentials_of(const HttpRequest& request, std::string_view installation_secret) {
    const std::string_view authorization = request.field("authorization");
    // Where LiteLLM's clients put their master key, with or without the scheme.
    const std::string_view master = trimmed(request.field("x-litellm-api-key"));
    Credentials credentials;
    credentials.secret = installation_secret;
    if (is_bearer(authorization)) {
        credentials.bearer = trimmed(authorization.substr(kBearer.size()));
    } else if (!authorization.empty()) {
        credentials.bearer = "another scheme";  // never the cookie's rights for a wrong header
    } else if (!master.empty()) {
        credentials.bearer = is_bearer(master) ? trimmed(master.substr(kBearer.size())) : master;
    }
    credentials.session = cookie_of(request, kSessionCookie);
    return credentials;
}

std::string session_cookie(
    std::string_view value, std::chrono::seconds life, const Caller& caller) {
    std::string cookie{kSessionCookie};
    cookie.append("=").append(value).append("; Path=/; HttpOnly; SameSite=Strict; Max-Age=");
    cookie.append(std::to_string(value.empty() ? 0 : life.count()));
    return cookie.append(caller.is_https ? "; Secure" : "");
}

}  // namespace pulse::console
