#include "net/websocket/frame_writer.h"

#include "base/assert.h"

#include <openssl/rand.h>

namespace pulse::net::websocket {
namespace {

constexpr std::size_t kCodeBytes = 2;
constexpr std::uint64_t kLengthIn2Max = 0xffff;

void append_number(std::string& out, std::uint64_t number, std::size_t bytes) {
    for (std::size_t i = bytes; i > 0; --i) {
        out.push_back(static_cast<char>(number >> (8 * (i - 1)) & 0xff));
    }
}

[[nodiscard]] std::string_view cut_text(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) {
        return text;
    }
    std::size_t size = bytes_max;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) {
        --size;
    }
    return text.substr(0, size);
}

}  // namespace

Mask make_mask() {
    Mask mask{};
    PULSE_ASSERT(RAND_bytes(mask.data(), static_cast<int>(mask.size())) == 1);
    return mask;
}

void append_frame(std::string& out, Sender sender, Opcode opcode, std::string_view payload) {
    const unsigned mask_bit = sender == Sender::client ? 0x80 : 0;
    out.push_back(static_cast<char>(0x80U | static_cast<unsigned>(opcode)));
    if (payload.size() <= kControlPayloadMax) {
        out.push_back(static_cast<char>(mask_bit | payload.size()));
    } else if (payload.size() <= kLengthIn2Max) {
        out.push_back(static_cast<char>(mask_bit | 126U));
        append_number(out, payload.size(), 2);
    } else {
        out.push_back(static_cast<char>(mask_bit | 127U));
        append_number(out, payload.size(), 8);
    }
    if (sender == Sender::server) {
        out.append(payload);
        return;
    }
    const Mask mask = make_mask();
    for (const unsigned char byte : mask) {
        out.push_back(static_cast<char>(byte));
    }
    for (std::size_t i = 0; i < payload.size(); ++i) {
        out.push_back(
            static_cast<char>(static_cast<unsigned char>(payload[i]) ^ mask.at(i % mask.size())));
    }
}

void append_close(std::string& out, Sender sender, std::uint16_t code, std::string_view reason) {
    std::string payload;
    if (code != close_code::kNone) {
        append_number(payload, code, kCodeBytes);
        payload.append(cut_text(reason, kControlPayloadMax - kCodeBytes));
    }
    append_frame(out, sender, Opcode::close, payload);
}

}  // namespace pulse::net::websocket
