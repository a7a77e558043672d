#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace pulse::net {

/// Base64 with the alphabet for URLs, without padding (RFC 4648 §5).
[[nodiscard]] std::string base64url(std::span<const std::uint8_t> bytes);
[[nodiscard]] std::string base64url(std::string_view text);

}  // namespace pulse::net
