#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pulse::gateway {

/// May pages of `origin` call? Exact comparison, as browsers serialise origins; `*` in `allowed` is
/// any.
[[nodiscard]] bool allows_origin(const std::vector<std::string>& allowed, std::string_view origin);

/// What lets a page of an allowed origin read an answer with all of its headers. Nothing but `vary`
/// where the origin is not in `allowed` or empty; cookies and other credentials of the browser are
/// never asked for: the key is a header. Source: https://fetch.spec.whatwg.org/#http-cors-protocol,
/// read 2026-11-21.
void append_cors_fields(
    std::string& out, const std::vector<std::string>& allowed, std::string_view origin);

/// What a preflight's answer has besides: every method that Pulse serves, and the headers that were
/// asked for, since each release of an SDK brings new ones.
void append_preflight_fields(std::string& out, std::string_view asked_headers);

}  // namespace pulse::gateway
