#pragma once

#include <string>
#include <string_view>

namespace pulse::console {

inline constexpr std::string_view kPersonalTokenPrefix = "pulse_pat_";

/// 43 characters of base64url: 256 bits from the system's generator.
[[nodiscard]] std::string make_secret();
/// `pulse_pat_` and make_secret().
[[nodiscard]] std::string make_personal_token();
/// 32 bytes in hexadecimal, for an installation's secret.
[[nodiscard]] std::string make_installation_secret();

/// What is stored of a secret: its SHA-256 in hexadecimal.
[[nodiscard]] std::string hash_of(std::string_view secret);

/// HMAC-SHA256 of `text`; `key` is any text.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);
/// Base64url without padding (RFC 4648 §5).
[[nodiscard]] std::string base64url(std::string_view bytes);

/// The CSRF token of a session's cookie: the same as long as the session lives, and nothing that
/// can be had without the cookie and the installation's secret.
[[nodiscard]] std::string csrf_token(std::string_view installation_secret, std::string_view cookie);

}  // namespace pulse::console
