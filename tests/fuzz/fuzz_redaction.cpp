#include "base/assert.h"
#include "storage/redaction/redact.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Whatever the bytes: bounded results, and what is stored stays as it is stored.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const std::string once = pulse::storage::redacted(text);
    PULSE_ASSERT(once.size() <= 2 * text.size() + 16);
    const std::string stored = pulse::storage::stored_text(text);
    PULSE_ASSERT(stored.size() <= 3 * text.size());
    PULSE_ASSERT(pulse::storage::stored_text(stored) == stored);
    return 0;
}
