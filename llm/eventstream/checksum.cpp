#include "llm/eventstream/detail/checksum.h"

#include <zlib.h>

namespace pulse::llm::detail {

std::uint32_t checksum_of(std::string_view bytes) {
    // zlib wants unsigned char, which may look at any bytes.
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    return static_cast<std::uint32_t>(crc32_z(0, data, bytes.size()));
}

}  // namespace pulse::llm::detail
