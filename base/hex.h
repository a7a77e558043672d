#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pulse {

/// Lower-case hexadecimal digits, two a byte, in the order of the bytes.
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);
[[nodiscard]] std::string to_hex(std::string_view bytes);

/// The bytes that hexadecimal digits of either case stand for; nothing when the count is odd or
/// another character appears.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view digits);

/// The value of one hexadecimal digit of either case, -1 for another character.
[[nodiscard]] constexpr int hex_value(char digit) {
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    if (digit >= 'A' && digit <= 'F') {
        return digit - 'A' + 10;
    }
    return -1;
}

/// from_hex() for a fixed size, such as a hash: nothing unless there are exactly 2·Size digits.
template <std::size_t Size>
[[nodiscard]] std::optional<std::array<std::uint8_t, Size>> array_from_hex(
    std::string_view digits) {
    if (digits.size() != 2 * Size) {
        return std::nullopt;
    }
    std::array<std::uint8_t, Size> bytes{};
    for (std::size_t i = 0; i < Size; ++i) {
        const int high = hex_value(digits[2 * i]);
        const int low = hex_value(digits[2 * i + 1]);
        if (high < 0 || low < 0) {
            return std::nullopt;
        }
        bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return bytes;
}

}  // namespace pulse
