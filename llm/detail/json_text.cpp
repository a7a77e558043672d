#include "llm/detail/json_text.h"

#include <simdjson.h>

namespace pulse::llm::detail {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void append_escaped(unsigned char byte, std::string& out) {
    switch (byte) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            out += "\\u00";
            out += kHex[byte >> 4U];
            out += kHex[byte & 0xFU];
            return;
    }
}

}  // namespace

void append_json_string(std::string_view text, std::string& out) {
    const bool is_utf8 = simdjson::validate_utf8(text.data(), text.size());
    out += '"';
    for (const char character : text) {
        const auto byte = static_cast<unsigned char>(character);
        if (byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7F) {
            append_escaped(byte, out);
        } else if (byte >= 0x80 && !is_utf8) {
            out += '?';
        } else {
            out += character;
        }
    }
    out += '"';
}

}  // namespace pulse::llm::detail
