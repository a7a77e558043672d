#pragma once

#include "base/error.h"
#include "net/http/head.h"

#include <string>
#include <string_view>

namespace pulse::net::websocket {

/// Is this the opening handshake of a WebSocket, version 13? Errors: upgrade_required (no upgrade,
/// to something else, another version), invalid_request, each with what the client must send.
/// Source: RFC 6455 §4.2.1.
[[nodiscard]] Result<void> check_opening(const RequestHead& head);

/// A new value of `sec-websocket-key`: 16 random bytes in Base64.
[[nodiscard]] std::string make_key();
/// The value of `sec-websocket-accept` that answers a key (RFC 6455 §4.2.2).
[[nodiscard]] std::string accept_of(std::string_view key);

/// Does a server's 101 accept the opening that was made with `key`? It may choose one of
/// `protocols` (comma-separated, as offered) and no extension, since none was offered. Errors:
/// upstream_bad_answer. Source: RFC 6455 §4.1.
[[nodiscard]] Result<void> check_accepted(
    const ResponseHead& answer, std::string_view key, std::string_view protocols);

/// Takes the next subprotocol off a comma-separated list. False: there is none.
[[nodiscard]] bool next_protocol(std::string_view& list, std::string_view& protocol);

}  // namespace pulse::net::websocket
