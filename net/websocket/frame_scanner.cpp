#include "net/websocket/frame_scanner.h"

#include <algorithm>

namespace pulse::net::websocket {
namespace {

constexpr unsigned kFinal = 0x80;
constexpr unsigned kReserved = 0x70;
constexpr unsigned kOpcode = 0x0f;
constexpr unsigned kMasked = 0x80;
constexpr unsigned kLength = 0x7f;
constexpr unsigned kLengthIn2 = 126;
constexpr unsigned kLengthIn8 = 127;

[[nodiscard]] unsigned byte_at(std::string_view bytes, std::size_t at) {
    return static_cast<unsigned char>(bytes[at]);
}

[[nodiscard]] bool is_control(Opcode opcode) {
    return static_cast<unsigned>(opcode) >= static_cast<unsigned>(Opcode::close);
}

[[nodiscard]] bool is_known(unsigned opcode) {
    return opcode <= static_cast<unsigned>(Opcode::binary) ||
           (opcode >= static_cast<unsigned>(Opcode::close) &&
            opcode <= static_cast<unsigned>(Opcode::pong));
}

/// May a Close frame hold this code? Source: RFC 6455 §7.4; 1012 to 1014 are IANA's.
[[nodiscard]] bool may_be_sent(unsigned code) {
    const bool is_defined =
        code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
    return is_defined || (code >= 3000 && code <= 4999);
}

}  // namespace

bool FrameScanner::fail(std::uint16_t code, std::string_view reason) {
    is_bad_ = true;
    close_code_ = code;
    reason_ = reason;
    return false;
}

/// False: it is bad. `head.size` stays 0 while it is not whole.
bool FrameScanner::read_head(std::string_view bytes, Head& head) {
    if (bytes.size() < 2) {
        return true;
    }
    const unsigned first = byte_at(bytes, 0);
    if ((first & kReserved) != 0) {
        return fail(
            close_code::kProtocolError, "A reserved bit is set: no extension was agreed on.");
    }
    if (!is_known(first & kOpcode)) {
        return fail(close_code::kProtocolError, "The opcode is not known.");
    }
    const bool is_masked = (byte_at(bytes, 1) & kMasked) != 0;
    if (is_masked != (sender_ == Sender::client)) {
        return fail(
            close_code::kProtocolError,
            is_masked ? "A server's frame is masked." : "A client's frame is not masked.");
    }
    head.opcode = static_cast<Opcode>(first & kOpcode);
    head.is_final = (first & kFinal) != 0;
    return read_length(bytes, head);
}

bool FrameScanner::read_length(std::string_view bytes, Head& head) {
    const unsigned shortest = byte_at(bytes, 1) & kLength;
    const std::size_t more = shortest == kLengthIn8 ? 8 : (shortest == kLengthIn2 ? 2 : 0);
    const std::size_t mask_bytes = sender_ == Sender::client ? head.mask.size() : 0;
    // A control frame is refused by its second byte: no length of its own follows it.
    if (is_control(head.opcode) && more > 0) {
        return fail(close_code::kProtocolError, "A control frame is longer than 125 bytes.");
    }
    if (bytes.size() < 2 + more) {
        return true;
    }
    head.payload_bytes = more == 0 ? shortest : 0;
    for (std::size_t i = 0; i < more; ++i) {
        head.payload_bytes = head.payload_bytes << 8U | byte_at(bytes, 2 + i);
    }
    const std::uint64_t smallest = more == 8 ? 0x1'0000 : (more == 2 ? kLengthIn2 : 0);
    if (head.payload_bytes < smallest || head.payload_bytes >> 63U != 0) {
        return fail(close_code::kProtocolError, "A frame's length is not written as it must be.");
    }
    if (!accept(head)) {
        return false;
    }
    if (bytes.size() < 2 + more + mask_bytes) {
        return true;
    }
    for (std::size_t i = 0; i < mask_bytes; ++i) {
        head.mask.at(i) = static_cast<unsigned char>(byte_at(bytes, 2 + more + i));
    }
    head.size = 2 + more + mask_bytes;
    return true;
}

bool FrameScanner::accept(const Head& head) {
    if (is_control(head.opcode)) {
        return head.is_final || fail(close_code::kProtocolError, "A control frame is fragmented.");
    }
    return accept_data(head);
}

bool FrameScanner::accept_data(const Head& head) {
    if ((head.opcode == Opcode::continuation) != is_in_message_) {
        return fail(
            close_code::kProtocolError,
            is_in_message_ ? "A message begins within another one."
                           : "A continuation frame continues nothing.");
    }
    const std::uint64_t before = is_in_message_ ? message_bytes_ : 0;
    return head.payload_bytes <= message_bytes_max_ - before ||
           fail(close_code::kTooBig, "The message is larger than what is relayed.");
}

FrameScanner::Found FrameScanner::take_control(const Head& head, std::string_view& bytes) {
    const auto size = static_cast<std::size_t>(head.payload_bytes);
    if (bytes.size() < head.size + size) {
        return Found::more;
    }
    for (std::size_t i = 0; i < size; ++i) {
        const unsigned mask = sender_ == Sender::client ? head.mask.at(i % head.mask.size()) : 0;
        control_payload_.at(i) = static_cast<char>(byte_at(bytes, head.size + i) ^ mask);
    }
    payload_ = {control_payload_.data(), size};
    control_ = head.opcode;
    if (control_ == Opcode::close && !accept_close()) {
        return Found::bad;
    }
    bytes.remove_prefix(head.size + size);
    return Found::control;
}

bool FrameScanner::accept_close() {
    if (payload_.empty()) {
        close_code_ = close_code::kNone;
        return true;
    }
    if (payload_.size() == 1) {
        return fail(close_code::kProtocolError, "A Close frame has half a code.");
    }
    const unsigned code = byte_at(payload_, 0) << 8U | byte_at(payload_, 1);
    if (!may_be_sent(code)) {
        return fail(close_code::kProtocolError, "A Close frame has a code that may not be sent.");
    }
    close_code_ = static_cast<std::uint16_t>(code);
    return true;
}

FrameScanner::Found FrameScanner::next(std::string_view& bytes) {
    while (!is_bad_) {
        if (!is_in_payload_) {
            Head head;
            if (!read_head(bytes, head)) {
                break;
            }
            if (head.size == 0) {
                return Found::more;
            }
            if (is_control(head.opcode)) {
                return take_control(head, bytes);
            }
            begin_frame(head);
            bytes.remove_prefix(head.size);
        }
        if (left_ > 0) {
            return take_data(bytes);
        }
        is_in_payload_ = false;
        if (is_final_) {
            is_in_message_ = false;
            return Found::message_end;
        }
    }
    return Found::bad;
}

void FrameScanner::begin_frame(const Head& head) {
    if (head.opcode != Opcode::continuation) {
        message_ = head.opcode;
        message_bytes_ = 0;
    }
    message_bytes_ += head.payload_bytes;
    left_ = head.payload_bytes;
    is_final_ = head.is_final;
    is_in_payload_ = is_in_message_ = true;
}

FrameScanner::Found FrameScanner::take_data(std::string_view& bytes) {
    if (bytes.empty()) {
        return Found::more;
    }
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    payload_ = bytes.substr(0, size);
    left_ -= size;
    bytes.remove_prefix(size);
    return Found::data;
}

}  // namespace pulse::net::websocket
