#include "storage/redaction/redact.h"

#include "storage/redaction/detail/find.h"

#include <array>
#include <cstddef>

namespace pulse::storage {

std::string redacted(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    std::size_t kept = 0;
    for (std::size_t at = 0; at < text.size();) {
        const detail::Finding found = detail::find_at(text, at);
        if (found.size == 0) {
            ++at;
            continue;
        }
        out.append(text.substr(kept, at - kept)).append(found.name);
        at += found.size;
        kept = at;
    }
    out.append(text.substr(kept));
    return out;
}

namespace {

/// How many bytes the UTF-8 character at the front has; 0 where it is none, or NUL.
[[nodiscard]] std::size_t character_bytes(std::string_view text) {
    const auto byte = [&text](std::size_t i) {
        return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
    };
    const auto is_rest = [&byte](std::size_t i) {
        return (byte(i) & 0xc0U) == 0x80U;
    };
    const unsigned first = byte(0);
    if (first < 0x80U) {
        return first == 0 ? 0 : 1;
    }
    if (first >= 0xc2U && first < 0xe0U) {
        return is_rest(1) ? 2 : 0;
    }
    if (first >= 0xe0U && first < 0xf0U) {
        const bool is_short = first == 0xe0U && byte(1) < 0xa0U;
        const bool is_surrogate = first == 0xedU && byte(1) >= 0xa0U;
        return !is_short && !is_surrogate && is_rest(1) && is_rest(2) ? 3 : 0;
    }
    if (first >= 0xf0U && first < 0xf5U) {
        const bool is_short = first == 0xf0U && byte(1) < 0x90U;
        const bool is_beyond = first == 0xf4U && byte(1) >= 0x90U;
        return !is_short && !is_beyond && is_rest(1) && is_rest(2) && is_rest(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace

std::string stored_text(std::string_view text) {
    constexpr std::string_view kReplacement = "\xef\xbf\xbd";
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const std::size_t size = character_bytes(text);
        out.append(size == 0 ? kReplacement : text.substr(0, size));
        text.remove_prefix(size == 0 ? 1 : size);
    }
    return out;
}

}  // namespace pulse::storage
