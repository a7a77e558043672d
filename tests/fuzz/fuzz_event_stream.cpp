#include "base/assert.h"
#include "llm/eventstream/event_stream_scanner.h"
#include "llm/eventstream/frame_writer.h"
#include "llm/eventstream/header_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The first byte says in how large pieces the rest is read a second time: both must give the same
// messages, and their raw bytes must be the input. With its highest bit set the rest is made a
// message first, of a header block and a payload cut at the second byte: checksums that no mutation
// finds are right then.
namespace {

constexpr std::size_t kMessageBytesMax = 2'048;

struct Scanned {
    std::string messages;
    std::string raw;
    bool is_broken = false;
};

Scanned scan(std::string_view bytes, std::size_t piece_size) {
    pulse::llm::EventStreamScanner scanner{kMessageBytesMax};
    pulse::llm::EventStreamFrame frame;
    Scanned scanned;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(piece_size, bytes.size()))) {
        const std::string transient{bytes.substr(0, piece_size)};
        scanner.feed(transient);
        while (scanner.next(frame)) {
            scanned.raw += frame.raw;
            if (!frame.is_piece) {
                scanned.messages.append(frame.name).append("|").append(frame.payload).append("\n");
            }
        }
        PULSE_ASSERT(scanner.pending().size() <= kMessageBytesMax);
    }
    scanned.raw += scanner.pending();
    scanned.is_broken = scanner.is_broken();
    return scanned;
}

bool can_be_read(std::string_view headers) {
    pulse::llm::EventStreamHeaderReader reader{headers};
    pulse::llm::EventStreamHeader header;
    while (reader.next(header)) {
    }
    return reader.is_whole();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    std::string bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
    const bool is_made = (data[0] & 0x80U) != 0;
    bool is_good = false;
    if (is_made) {
        const std::string_view text = std::string_view{bytes}.substr(1);
        const std::string_view headers = text.substr(0, data[1]);
        const std::string_view payload = text.substr(headers.size());
        is_good = can_be_read(headers);
        std::string message;
        pulse::llm::append_event_stream_frame(headers, payload, message);
        bytes = message;
    }
    const Scanned whole = scan(bytes, bytes.size() + 1);
    const Scanned pieces = scan(bytes, data[0] % 64U + 1U);
    PULSE_ASSERT(whole.raw == bytes);
    PULSE_ASSERT(pieces.raw == bytes);
    PULSE_ASSERT(whole.messages == pieces.messages && whole.is_broken == pieces.is_broken);
    PULSE_ASSERT(!is_made || bytes.size() > kMessageBytesMax || whole.is_broken != is_good);
    return 0;
}
