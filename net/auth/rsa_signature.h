#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace pulse::net {

/// RSASSA-PKCS1-v1_5 with SHA-256 ("RS256" of RFC 7518 §3.3) over `message` with an unencrypted PEM
/// key of 2048 bits or more. Errors: configuration, which never repeats the key.
[[nodiscard]] Result<std::string> sign_rs256(std::string_view pem, std::string_view message);

}  // namespace pulse::net
