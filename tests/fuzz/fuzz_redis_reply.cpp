#include "base/assert.h"
#include "net/redis/detail/reply_parser.h"
#include "net/redis/detail/server_error.h"
#include "net/redis/detail/slot_map.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// What the parser finds in a server's bytes does not depend on how they are cut, and whatever it
// finds may be taken for a redirection or a cluster's map. The first byte says how the bytes are
// cut.
namespace {

using namespace pulse::net::redis;
using detail::ReplyParser;

void note(const Reply& reply, std::string& journal) {
    journal += std::to_string(static_cast<int>(reply.kind())) + ":" +
               std::to_string(reply.integer()) + ":" + std::string{reply.text()} + "[";
    for (const Reply& each : reply.elements()) {
        note(each, journal);
    }
    journal += "]";
}

std::string read(std::string_view bytes, std::size_t step, std::size_t reply_bytes_max) {
    ReplyParser parser{reply_bytes_max};
    std::string journal;
    while (!bytes.empty()) {
        const std::string_view piece = bytes.substr(0, step);
        bytes.remove_prefix(piece.size());
        parser.feed(piece);
        for (;;) {
            const ReplyParser::Found found = parser.next();
            if (found == ReplyParser::Found::bad) {
                PULSE_ASSERT(!parser.reason().empty());
                PULSE_ASSERT(parser.next() == ReplyParser::Found::bad);
                return journal + "!";
            }
            if (found == ReplyParser::Found::more) {
                break;
            }
            note(parser.reply(), journal);
            const detail::ServerError error = detail::server_error_of(parser.reply());
            PULSE_ASSERT(
                error.kind == detail::ServerError::Kind::none || parser.reply().is_error());
            if (const auto map = detail::read_slot_map(parser.reply(), "own")) {
                for (const auto& range : map->ranges) {
                    PULSE_ASSERT(range.first <= range.last && !range.master.host.empty());
                }
            }
        }
    }
    return journal;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
    const std::size_t step = std::max<std::size_t>(data[0], 1);
    constexpr std::size_t kLarge = std::size_t{1} << 24U;
    PULSE_ASSERT(read(bytes, step, kLarge) == read(bytes, bytes.size(), kLarge));
    (void)read(bytes, step, 64);
    return 0;
}
