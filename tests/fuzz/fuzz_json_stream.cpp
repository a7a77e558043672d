#include "base/assert.h"
#include "llm/json_stream/json_stream_scanner.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The first byte says which framing it is and in how large pieces the rest is read a second time:
// both must give the same values, and their raw bytes must be the input but for a torn element.
namespace {

using pulse::llm::JsonStreamScanner;

constexpr std::size_t kEventBytesMax = 512;

struct Scanned {
    std::string values;
    std::string raw;
    std::size_t rest = 0;  ///< torn and dropped
};

Scanned scan(JsonStreamScanner::Framing framing, std::string_view text, std::size_t piece_size) {
    JsonStreamScanner scanner{framing, kEventBytesMax};
    pulse::llm::JsonEvent event;
    Scanned scanned;
    const auto take = [&scanned, &event] {
        scanned.raw += event.raw;
        if (event.has_data) {
            scanned.values.append(event.data).append("\n");
        }
    };
    for (; !text.empty(); text.remove_prefix(std::min(piece_size, text.size()))) {
        const std::string transient{text.substr(0, piece_size)};
        scanner.feed(transient);
        while (scanner.next(event)) {
            take();
        }
        PULSE_ASSERT(scanner.pending().size() <= kEventBytesMax);
    }
    if (scanner.finish(event)) {
        take();
    } else {
        scanned.rest = scanner.pending().size();
    }
    return scanned;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const auto framing = (data[0] & 0x80U) != 0 ? JsonStreamScanner::Framing::array
                                                : JsonStreamScanner::Framing::lines;
    const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
    const Scanned whole = scan(framing, text, text.size() + 1);
    const Scanned pieces = scan(framing, text, data[0] % 64U + 1U);
    PULSE_ASSERT(whole.values == pieces.values);
    PULSE_ASSERT(text.starts_with(whole.raw) && whole.raw.size() + whole.rest == text.size());
    PULSE_ASSERT(text.starts_with(pieces.raw) && pieces.raw.size() + pieces.rest == text.size());
    return 0;
}
