#include "net/auth/sigv4_canonical.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

/// A request's path and query (first line) and one field's value (the rest) in their canonical
/// form: whatever they hold, each line of it stays one line, and what is encoded holds nothing
/// else.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pulse::net;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const std::string_view target = text.substr(0, text.find('\n'));
    const std::string_view path = target.substr(0, target.find('?'));
    const std::string_view query =
        path.size() == target.size() ? "" : target.substr(path.size() + 1);
    const std::array<Field, 2> fields{
        Field{"X-Amz-Meta", text.substr(target.size())}, Field{"host", "h"}};
    for (const SigV4Path form : {SigV4Path::normalized, SigV4Path::object_key}) {
        std::string canonical;
        std::string names;
        append_canonical_request(
            canonical,
            names,
            {.method = "GET",
             .path = path,
             .query = query,
             .fields = fields,
             .payload_sha256 = kUnsignedPayload},
            form);
        const std::size_t encoded_end = canonical.find("\nhost:h\nx-amz-meta:");
        const std::string_view encoded = std::string_view(canonical).substr(4, encoded_end - 4);
        const bool is_clean = std::all_of(encoded.begin(), encoded.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   std::string_view("-._~%/=&\n").find(c) != std::string_view::npos;
        });
        if (encoded_end == std::string::npos || !is_clean ||
            std::count(canonical.begin(), canonical.end(), '\n') != 7) {
            std::abort();
        }
    }
    return 0;
}
