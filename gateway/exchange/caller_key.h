#pragma once

#include <string_view>

#include "net/http/head.h"

namespace pulse::gateway {

/// The caller's key, wherever clients put it: `x-pulse-key` or its alias `x-litellm-api-key` (they win), `Authorization: Bearer`,
/// `x-api-key`, `api-key`, `x-goog-api-key`, the subprotocol `openai-insecure-api-key.KEY`, `?key=`. Some programs send a value in two places: the one that is a
/// Pulse key is taken. Empty when none is there. The view points into the head.
[[nodiscard]] std::string_view find_caller_key(const net::RequestHead& head);

}  // namespace pulse::gateway
