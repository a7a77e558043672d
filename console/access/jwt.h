#pragma once

#include "base/clock.h"

#include <optional>
#include <string>
#include <string_view>

namespace pulse::console {

/// What a login's token says (RFC 7519 §4.1).
struct JwtClaims {
    std::string id;       ///< jti
    std::string subject;  ///< sub: the user
    std::string org;
    std::string role;
    TimePoint issued_at;   ///< iat, whole seconds
    TimePoint expires_at;  ///< exp, whole seconds
};

/// A JSON Web Token signed with HS256 (RFC 7515, RFC 7518 §3.2).
[[nodiscard]] std::string sign_jwt(const JwtClaims& claims, std::string_view secret);

/// The claims of a token that was signed with this secret by sign_jwt() and has not expired at
/// `now`; nothing for any other text. The header must be the very one that sign_jwt() writes: no
/// other algorithm is ever taken.
[[nodiscard]] std::optional<JwtClaims> verify_jwt(
    std::string_view token, std::string_view secret, TimePoint now);

/// Does the text have a token's three parts?
[[nodiscard]] bool looks_like_jwt(std::string_view text);

}  // namespace pulse::console
