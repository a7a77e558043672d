#pragma once

#include "net/websocket/frame.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace pulse::net::websocket {

using Mask = std::array<unsigned char, 4>;

/// Random bytes that nobody can foresee (RFC 6455 §5.3).
[[nodiscard]] Mask make_mask();

/// Appends a frame with the whole message or control payload. A client's frame has a mask of its
/// own.
void append_frame(std::string& out, Sender sender, Opcode opcode, std::string_view payload);

/// Appends a Close frame. A reason above 123 bytes is cut between two characters; kNone makes one
/// without a code.
void append_close(std::string& out, Sender sender, std::uint16_t code, std::string_view reason);

}  // namespace pulse::net::websocket
