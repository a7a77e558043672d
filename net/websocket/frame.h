#pragma once

#include <cstddef>
#include <cstdint>

namespace pulse::net::websocket {

/// What a frame is. Source: RFC 6455 §5.2.
enum class Opcode : std::uint8_t {
    continuation = 0x0,
    text = 0x1,
    binary = 0x2,
    close = 0x8,
    ping = 0x9,
    pong = 0xa,
};

/// Who sent a frame: a client's are masked, a server's are not (RFC 6455 §5.1).
enum class Sender : std::uint8_t { client, server };

/// The codes of a Close frame that Pulse sends itself. Source: RFC 6455 §7.4.1, IANA's registry.
namespace close_code {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kNone =
    1005;  ///< stands for a Close without a code; never on the wire
inline constexpr std::uint16_t kPolicyViolation = 1008;
inline constexpr std::uint16_t kTooBig = 1009;
inline constexpr std::uint16_t kInternal = 1011;
inline constexpr std::uint16_t kTryAgainLater = 1013;
}  // namespace close_code

/// Longest payload of Close, ping and pong (RFC 6455 §5.5).
inline constexpr std::size_t kControlPayloadMax = 125;
/// Longest head: two bytes, eight of length, four of mask.
inline constexpr std::size_t kFrameHeadMax = 14;

}  // namespace pulse::net::websocket
