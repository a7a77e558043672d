#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pulse::llm::detail {

[[nodiscard]] inline std::uint32_t read_u32(std::string_view bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        number = number << 8U | static_cast<unsigned char>(bytes[at + i]);
    }
    return number;
}

[[nodiscard]] inline std::size_t read_u16(std::string_view bytes, std::size_t at) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])) << 8U |
           static_cast<unsigned char>(bytes[at + 1]);
}

inline void append_u32(std::uint32_t number, std::string& out) {
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        out += static_cast<char>(static_cast<unsigned char>(number >> shift));
    }
}

inline void append_u16(std::size_t number, std::string& out) {
    out += static_cast<char>(static_cast<unsigned char>(number >> 8U));
    out += static_cast<char>(static_cast<unsigned char>(number));
}

}  // namespace pulse::llm::detail
