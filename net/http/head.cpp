#include "net/http/head.h"

#include "net/http/detail/byte_block.h"

#include <bit>
#include <cstring>

namespace pulse::net {

std::optional<std::size_t> find_head_end(std::string_view bytes, std::size_t& scanned) {
    std::size_t at = scanned;
    // As long as the two bytes behind a block are there, a line's end in it can be judged at once.
    for (; at + detail::ByteBlock::kSize + 2 <= bytes.size(); at += detail::ByteBlock::kSize) {
        for (unsigned ends = detail::ByteBlock(bytes.data() + at).equal_to('\n'); ends != 0;
             ends &= ends - 1) {
            const std::size_t next = at + static_cast<std::size_t>(std::countr_zero(ends)) + 1;
            const std::size_t last = bytes[next] == '\r' ? next + 1 : next;
            if (bytes[last] == '\n') {
                return last + 1;
            }
        }
    }
    while (at < bytes.size()) {
        const void* found = std::memchr(bytes.data() + at, '\n', bytes.size() - at);
        if (found == nullptr) {
            scanned = bytes.size();
            return std::nullopt;
        }
        const auto line_end =
            static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
        // A bare LF ends a line here although the parser refuses it: its sender gets a 400 at once
        // and not a time-out.
        const bool has_cr = line_end + 1 < bytes.size() && bytes[line_end + 1] == '\r';
        const std::size_t next = line_end + (has_cr ? 2 : 1);
        if (next >= bytes.size()) {
            scanned = line_end;
            return std::nullopt;
        }
        if (bytes[next] == '\n') {
            return next + 1;
        }
        at = line_end + 1;
    }
    return std::nullopt;
}

bool is_http2_preface(std::string_view bytes) {
    return bytes.starts_with("PRI * HTTP/2.0");
}

}  // namespace pulse::net
