#pragma once

#include "base/error.h"
#include "console/access/authenticate.h"
#include "console/api/call.h"
#include "console/api/http_server.h"

#include <chrono>
#include <string>
#include <string_view>

namespace pulse::console {

inline constexpr std::string_view kSessionCookie = "pulse_session";

/// Nothing from elsewhere, and nowhere else's frame (CSP level 3).
inline constexpr std::string_view kContentPolicy =
    "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// What a browser is told with every answer, unless the answer says it itself.
void add_safety_headers(HttpResponse& response);

/// Refuses a change that another site's page sends: by Sec-Fetch-Site, and by Origin where it is
/// not this host. Programs send neither. Errors: forbidden.
[[nodiscard]] Result<void> check_origin(const HttpRequest& request, const Caller& caller);

/// The bearer token and the session's cookie of a request.
[[nodiscard]] Credentials credentials_of(
    const HttpRequest& request, std::string_view installation_secret);

/// The value of the cookie; empty where there is none.
[[nodiscard]] std::string_view cookie_of(const HttpRequest& request, std::string_view name);

/// `Set-Cookie` of a session; with an empty value it ends.
[[nodiscard]] std::string session_cookie(
    std::string_view value, std::chrono::seconds life, const Caller& caller);

}  // namespace pulse::console
