#include "pricing/tokens/detail/utf8.h"

#include <simdjson.h>

#include <cstdint>

namespace pulse::pricing::detail {
namespace {

struct Range {
    std::uint8_t low;
    std::uint8_t high;
};

/// Bytes of the character that `first` begins; 0 when none does.
std::size_t size_of(std::uint8_t first) {
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xc2 && first < 0xe0) {
        return 2;
    }
    if (first >= 0xe0 && first < 0xf0) {
        return 3;
    }
    return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/// What the second byte may be: no overlong form, no surrogate, nothing above U+10FFFF.
/// Source: Unicode 16.0, table 3-7.
Range second_of(std::uint8_t first) {
    switch (first) {
        case 0xe0:
            return {0xa0, 0xbf};
        case 0xed:
            return {0x80, 0x9f};
        case 0xf0:
            return {0x90, 0xbf};
        case 0xf4:
            return {0x80, 0x8f};
        default:
            return {0x80, 0xbf};
    }
}

struct Part {
    std::size_t size;
    bool is_whole;
};

/// The character at the beginning of `text`, or what there is of it.
Part next_part(std::string_view text) {
    const auto first = static_cast<std::uint8_t>(text.front());
    const auto size = size_of(first);
    auto range = second_of(first);
    for (std::size_t i = 1; i < size; ++i) {
        const auto byte = i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
        if (byte < range.low || byte > range.high) {
            return {i, false};
        }
        range = {0x80, 0xbf};
    }
    return {size == 0 ? 1 : size, size != 0};
}

std::string repair(std::string_view text) {
    constexpr std::string_view kReplacement = "\xef\xbf\xbd";
    std::string out;
    out.reserve(text.size() + text.size() / 8);
    while (!text.empty()) {
        const auto [size, is_whole] = next_part(text);
        out += is_whole ? text.substr(0, size) : kReplacement;
        text.remove_prefix(size);
    }
    return out;
}

}  // namespace

Utf8Text::Utf8Text(std::string_view text) : text_(text) {
    if (!simdjson::validate_utf8(text.data(), text.size())) {
        repaired_ = repair(text);
        text_ = repaired_;
    }
}

}  // namespace pulse::pricing::detail
