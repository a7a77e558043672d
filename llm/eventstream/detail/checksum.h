#pragma once

#include <cstdint>
#include <string_view>

namespace pulse::llm::detail {

/// CRC-32 as gzip has it (ISO 3309).
[[nodiscard]] std::uint32_t checksum_of(std::string_view bytes);

}  // namespace pulse::llm::detail
