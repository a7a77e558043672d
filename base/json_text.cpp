#include "base/json_text.h"

#include <cstddef>
#include <cstdint>

namespace pulse {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

[[nodiscard]] constexpr bool is_plain(char c) {
    return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f &&
           c != '"' && c != '\\';
}

void append_ascii(std::string& out, char c) {
    switch (c) {
        case '"':
            out.append("\\\"");
            return;
        case '\\':
            out.append("\\\\");
            return;
        case '\n':
            out.append("\\n");
            return;
        case '\r':
            out.append("\\r");
            return;
        case '\t':
            out.append("\\t");
            return;
        default:
            out.append("\\u00");
            out.push_back(kDigits[static_cast<unsigned char>(c) >> 4U]);
            out.push_back(kDigits[static_cast<unsigned char>(c) & 0x0fU]);
    }
}

/// Size of the valid UTF-8 sequence that begins with a byte ≥ 0x80, 0 when there is none (Unicode
/// 15, table 3-7).
[[nodiscard]] std::size_t sequence_size(std::string_view text) {
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint8_t>(text[i]);
    };
    const auto is_between = [&](std::size_t i, std::uint8_t low, std::uint8_t high) {
        return i < text.size() && byte(i) >= low && byte(i) <= high;
    };
    const std::uint8_t lead = byte(0);
    if (lead >= 0xc2 && lead <= 0xdf) {
        return is_between(1, 0x80, 0xbf) ? 2 : 0;
    }
    if (lead >= 0xe0 && lead <= 0xef) {
        const std::uint8_t low = lead == 0xe0 ? 0xa0 : 0x80;
        const std::uint8_t high = lead == 0xed ? 0x9f : 0xbf;
        return is_between(1, low, high) && is_between(2, 0x80, 0xbf) ? 3 : 0;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        const std::uint8_t low = lead == 0xf0 ? 0x90 : 0x80;
        const std::uint8_t high = lead == 0xf4 ? 0x8f : 0xbf;
        const bool valid =
            is_between(1, low, high) && is_between(2, 0x80, 0xbf) && is_between(3, 0x80, 0xbf);
        return valid ? 4 : 0;
    }
    return 0;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    while (!text.empty()) {
        std::size_t plain = 0;
        while (plain < text.size() && is_plain(text[plain])) {
            ++plain;
        }
        out.append(text.substr(0, plain));
        text.remove_prefix(plain);
        if (text.empty()) {
            break;
        }
        std::size_t taken = 1;
        if (static_cast<unsigned char>(text[0]) < 0x80) {
            append_ascii(out, text[0]);
        } else if (const std::size_t size = sequence_size(text); size > 0) {
            out.append(text.substr(0, size));
            taken = size;
        } else {
            out.append("\xef\xbf\xbd");
        }
        text.remove_prefix(taken);
    }
    out.push_back('"');
}

}  // namespace pulse
