#include "gateway/exchange/cors.h"

#include "gateway/exchange/answer_head.h"

#include <algorithm>

namespace pulse::gateway {

namespace {

// `*` is all there is, the providers' own included, to a browser of these years; an older one knows
// names only.
constexpr std::string_view kExposed =
    "*, x-pulse-request-id, x-pulse-provider, x-pulse-model, x-pulse-attempts, "
    "x-pulse-overhead-us, x-pulse-cache, "
    "x-pulse-cost, x-pulse-cost-status, x-pulse-warning, x-pulse-error-source, x-pulse-reset-at, "
    "x-request-id, "
    "request-id, retry-after, retry-after-ms, x-should-retry, x-ratelimit-limit-requests, "
    "x-ratelimit-remaining-requests, x-ratelimit-reset-requests, x-ratelimit-limit-tokens, "
    "x-ratelimit-remaining-tokens, x-ratelimit-reset-tokens, x-goog-upload-url, "
    "x-goog-upload-status";

}  // namespace

bool allows_origin(const std::vector<std::string>& allowed, std::string_view origin) {
    return !origin.empty() &&
           std::any_of(allowed.begin(), allowed.end(), [&](const std::string& one) {
               return one == "*" || one == origin;
           });
}

void append_cors_fields(
    std::string& out, const std::vector<std::string>& allowed, std::string_view origin) {
    append_field(out, "vary", "origin");
    if (!allows_origin(allowed, origin)) {
        return;
    }
    append_field(out, "access-control-allow-origin", origin);
    append_field(out, "access-control-expose-headers", kExposed);
}

void append_preflight_fields(std::string& out, std::string_view asked_headers) {
    append_field(
        out, "access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    if (!asked_headers.empty()) {
        append_field(out, "access-control-allow-headers", asked_headers);
    }
    append_field(out, "access-control-max-age", "600");
}

}  // namespace pulse::gateway
