#include "base/assert.h"
#include "llm/sse/sse_scanner.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The first byte says in how large pieces the rest is read a second time: both must give the same
// events, and their raw bytes must be the input.
namespace {

constexpr std::size_t kEventBytesMax = 4'096;

struct Scanned {
    std::string events;
    std::string raw;
    bool has_pieces = false;
};

Scanned scan(std::string_view text, std::size_t piece_size) {
    pulse::llm::SseScanner scanner{kEventBytesMax};
    Scanned scanned;
    pulse::llm::SseEvent event;
    for (; !text.empty(); text.remove_prefix(std::min(piece_size, text.size()))) {
        const std::string transient{text.substr(0, piece_size)};
        scanner.feed(transient);
        while (scanner.next(event)) {
            scanned.raw += event.raw;
            scanned.has_pieces = scanned.has_pieces || event.is_piece;
            scanned.events.append(event.name)
                .append("|")
                .append(event.data)
                .append(event.has_data ? "|data\n" : "\n");
        }
        PULSE_ASSERT(scanner.pending().size() <= kEventBytesMax);
    }
    scanned.raw += scanner.pending();
    return scanned;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
    const Scanned whole = scan(text, text.size() + 1);
    const Scanned pieces = scan(text, data[0] % 64U + 1U);
    PULSE_ASSERT(whole.raw == text);
    PULSE_ASSERT(pieces.raw == text);
    PULSE_ASSERT(whole.has_pieces || whole.events == pieces.events);
    return 0;
}
