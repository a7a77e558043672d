#pragma once

#include "net/websocket/frame.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pulse::net::websocket {

/// Finds the frames in what one side of a WebSocket sends, to relay it as it is: checks what
/// RFC 6455 §5 demands of heads and of their order, keeps nothing but its place. No extension is
/// ever agreed on, so that reserved bits are an error. Pure; not thread-safe.
class FrameScanner {
public:
    enum class Found : std::uint8_t {
        more,  ///< what is left is a part of a head or of a control frame: keep it, add to it
        data,  ///< payload() of a text or binary message, as it was sent
        message_end,  ///< the message is whole
        control,      ///< a whole control frame: control(), payload()
        bad,          ///< close_code() and reason() say which rule it broke; nothing follows
    };

    /// `message_bytes_max` bounds the payloads of a message's frames together.
    FrameScanner(Sender sender, std::uint64_t message_bytes_max)
        : sender_(sender), message_bytes_max_(message_bytes_max) {}

    /// Takes what it finds off the beginning of `bytes`. Of a control frame and of a head nothing
    /// is taken before they are whole.
    [[nodiscard]] Found next(std::string_view& bytes);

    /// After `data`: the piece, masked where a client sent it. After `control`: up to
    /// kControlPayloadMax bytes without their mask. Valid until the next call.
    [[nodiscard]] std::string_view payload() const { return payload_; }
    /// After `data` and `message_end`: text or binary.
    [[nodiscard]] Opcode message() const { return message_; }
    /// After `control`: close, ping or pong.
    [[nodiscard]] Opcode control() const { return control_; }
    /// After `control` with close: its code, kNone when it had none. After `bad`: what to close
    /// with.
    [[nodiscard]] std::uint16_t close_code() const { return close_code_; }
    /// After `bad`: which rule was broken, at most 123 bytes. Static.
    [[nodiscard]] std::string_view reason() const { return reason_; }

    /// Nothing of a frame was taken that is not whole: another frame may stand here.
    [[nodiscard]] bool is_between_frames() const { return !is_in_payload_; }
    /// No message is unfinished: another message may stand here.
    [[nodiscard]] bool is_between_messages() const { return !is_in_payload_ && !is_in_message_; }

private:
    struct Head {
        Opcode opcode = Opcode::continuation;
        bool is_final = false;
        std::size_t size = 0;  ///< 0: not whole yet
        std::uint64_t payload_bytes = 0;
        std::array<unsigned char, 4> mask{};
    };
    [[nodiscard]] bool read_head(std::string_view bytes, Head& head);
    [[nodiscard]] bool read_length(std::string_view bytes, Head& head);
    [[nodiscard]] bool accept(const Head& head);
    [[nodiscard]] bool accept_data(const Head& head);
    void begin_frame(const Head& head);
    [[nodiscard]] Found take_data(std::string_view& bytes);
    [[nodiscard]] Found take_control(const Head& head, std::string_view& bytes);
    [[nodiscard]] bool accept_close();
    [[nodiscard]] bool fail(std::uint16_t code, std::string_view reason);

    Sender sender_;
    std::uint64_t message_bytes_max_;
    std::uint64_t left_ = 0;           ///< of the frame's payload
    std::uint64_t message_bytes_ = 0;  ///< of the message's frames so far
    bool is_in_payload_ = false;
    bool is_in_message_ = false;
    bool is_final_ = false;
    bool is_bad_ = false;
    Opcode message_ = Opcode::text;
    Opcode control_ = Opcode::ping;
    std::uint16_t close_code_ = close_code::kNone;
    std::string_view reason_;
    std::string_view payload_;
    std::array<char, kControlPayloadMax> control_payload_{};
};

}  // namespace pulse::net::websocket
