#pragma once

#include "base/clock.h"
#include "net/auth/auth_fetch.h"
#include "net/auth/google_credentials.h"

#include <optional>
#include <string>
#include <string_view>

namespace pulse::net {

/// A bearer token with its end. Value; not thread-safe.
struct AccessToken {
    std::string text;  ///< secret
    std::optional<TimePoint> expires_at;
};

/// The JWT that a service account gets a token for: RS256, good for an hour from `now`.
/// Errors: configuration (its private key is none that signs).
/// Source: https://developers.google.com/identity/protocols/oauth2/service-account "HTTP/REST",
/// read 2026-11-21.
[[nodiscard]] Result<std::string> make_google_assertion(
    const GoogleServiceAccount& account, TimePoint now);

/// Gets a token for Google Cloud's APIs. Waits. Errors: configuration (the key or the consent is
/// refused: what Google says, and the fix), upstream_unavailable, upstream_timeout,
/// upstream_bad_answer.
[[nodiscard]] Result<AccessToken> fetch_google_token(
    const GoogleCredentials& credentials, const AuthFetch& fetch, TimePoint now);

/// The answer of a token endpoint or of the metadata server; `asked_at` is when it was asked.
/// Errors: upstream_bad_answer. Pure.
[[nodiscard]] Result<AccessToken> parse_token_answer(std::string_view json, TimePoint asked_at);

}  // namespace pulse::net
