#include "base/assert.h"
#include "net/websocket/frame_scanner.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// What the scanner finds in a side's bytes does not depend on how they are cut; it keeps no more
// than a head and a control frame, and what it takes is what came. The first byte says who sends
// and how long a message may be, the second how the bytes are cut.
namespace {

using namespace pulse::net::websocket;

struct Findings {
    std::string journal;
    std::string passed;  // what a relay would forward
    std::size_t kept_max = 0;
};

void note(const FrameScanner& scanner, FrameScanner::Found found, Findings& findings) {
    using Found = FrameScanner::Found;
    if (found == Found::data) {
        // Pieces depend on the cuts, their sum does not.
        findings.journal.append(scanner.payload());
        PULSE_ASSERT(!scanner.payload().empty());
    } else if (found == Found::message_end) {
        findings.journal.push_back(scanner.message() == Opcode::text ? 'T' : 'B');
        PULSE_ASSERT(scanner.is_between_messages());
    } else if (found == Found::control) {
        PULSE_ASSERT(scanner.payload().size() <= kControlPayloadMax && scanner.is_between_frames());
        findings.journal +=
            "C" + std::string(scanner.payload()) + std::to_string(scanner.close_code());
    } else if (found == Found::bad) {
        findings.journal += "!" + std::string(scanner.reason());
        PULSE_ASSERT(scanner.close_code() >= 1000 && !scanner.reason().empty());
        PULSE_ASSERT(scanner.reason().size() <= kControlPayloadMax - 2);
    }
}

Findings scan(std::string_view bytes, Sender sender, std::uint64_t bytes_max, std::size_t step) {
    FrameScanner scanner{sender, bytes_max};
    Findings findings;
    std::string kept;
    while (!bytes.empty()) {
        const std::string_view piece = bytes.substr(0, step);
        bytes.remove_prefix(piece.size());
        kept.append(piece);
        std::string_view rest{kept};
        for (;;) {
            const FrameScanner::Found found = scanner.next(rest);
            note(scanner, found, findings);
            if (found == FrameScanner::Found::bad) {
                return findings;
            }
            if (found == FrameScanner::Found::more) {
                break;
            }
        }
        findings.passed.append(kept, 0, kept.size() - rest.size());
        kept.erase(0, kept.size() - rest.size());
        findings.kept_max = std::max(findings.kept_max, kept.size());
    }
    findings.passed.append(kept);
    return findings;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    const Sender sender = (data[0] & 1U) != 0 ? Sender::client : Sender::server;
    const std::uint64_t bytes_max = (data[0] & 2U) != 0 ? 64 : std::uint64_t{1} << 32;
    const std::string_view bytes{reinterpret_cast<const char*>(data) + 2, size - 2};
    const Findings whole = scan(bytes, sender, bytes_max, bytes.size() + 1);
    const Findings cut = scan(bytes, sender, bytes_max, data[1] % 61U + 1);
    PULSE_ASSERT(whole.journal == cut.journal);
    PULSE_ASSERT(cut.kept_max <= kFrameHeadMax + kControlPayloadMax);
    if (cut.journal.find('!') == std::string::npos) {
        PULSE_ASSERT(cut.passed == bytes && whole.passed == bytes);
    }
    return 0;
}
