#pragma once

#include <cstddef>
#include <cstdint>

namespace pulse::storage {

/// CRC-32C (Castagnoli) of the bytes, continuing `crc` (0 to begin). Uses the processor's
/// instruction where it has one (SSE4.2). Thread-safe. Source: RFC 3720 §B.4 (test vectors).
[[nodiscard]] std::uint32_t crc32c(const void* bytes, std::size_t size, std::uint32_t crc = 0);

namespace detail {
/// The same without the instruction: for other processors, and for the test that both agree.
[[nodiscard]] std::uint32_t crc32c_portable(const void* bytes, std::size_t size, std::uint32_t crc);
}  // namespace detail

}  // namespace pulse::storage
