#include "llm/detail/repeated_event.h"

#include <simdjson.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace pulse::llm::detail {
namespace {

constexpr std::string_view kPadding = R"("obfuscation":")";
// Of events that are longer, comparing would cost more memory than reading costs time.
constexpr std::size_t kEventBytesMax = std::size_t{4} << 10;

constexpr std::uint64_t kOnes = 0x0101010101010101U;
constexpr std::uint64_t kHighBits = 0x8080808080808080U;

/// Marks bytes below `limit` (at most 0x80) or, above a first one, some that are not: the lowest
/// mark is always true.
std::uint64_t below(std::uint64_t bytes, std::uint64_t limit) {
    return (bytes - kOnes * limit) & ~bytes & kHighBits;
}
std::uint64_t equal(std::uint64_t bytes, char character) {
    return below(bytes ^ (kOnes * static_cast<unsigned char>(character)), 1);
}

/// The size of the JSON string's content that `text` begins with; npos when no quote closes it or
/// it holds what may not stand in one.
std::size_t string_size(std::string_view text) {
    std::size_t at = 0;
    bool is_ascii = true;
    while (at < text.size()) {
        if (at + sizeof(std::uint64_t) <= text.size()) {
            std::uint64_t bytes = 0;
            std::memcpy(&bytes, text.data() + at, sizeof bytes);
            const std::uint64_t stops = equal(bytes, '"') | equal(bytes, '\\') | below(bytes, 0x20);
            if (stops == 0) {
                is_ascii = is_ascii && (bytes & kHighBits) == 0;
                at += sizeof bytes;
                continue;
            }
            const std::uint64_t in_front = (stops & (~stops + 1)) - 1;
            is_ascii = is_ascii && (bytes & kHighBits & in_front) == 0;
            at += static_cast<std::size_t>(std::countr_zero(stops)) / 8;
        }
        const char character = text[at];
        if (character == '"') {
            const bool is_utf8 = is_ascii || simdjson::validate_utf8(text.data(), at);
            return is_utf8 ? at : std::string_view::npos;
        }
        const auto byte = static_cast<unsigned char>(character);
        if (byte < 0x20) {
            return std::string_view::npos;
        }
        is_ascii = is_ascii && byte < 0x80;
        at += character == '\\' ? 2 : 1;
    }
    return std::string_view::npos;
}

}  // namespace

void RepeatedEvent::learn(std::string_view data, const EventFacts& facts) {
    const std::size_t text_end = facts.text_offset + facts.text_size;
    is_known_ = facts.text_size > 0 && text_end < data.size() && data.size() <= kEventBytesMax &&
                !facts.has_finish && !facts.has_usage && !facts.has_error && !facts.is_terminator;
    if (!is_known_) {
        return;
    }
    event_.assign(data);
    const std::string_view event = event_;
    before_ = event.substr(0, facts.text_offset);
    after_ = event.substr(text_end);
    behind_ = {};
    const std::size_t padding = after_.find(kPadding);
    if (padding == std::string_view::npos) {
        return;
    }
    const std::string_view rest = after_.substr(padding + kPadding.size());
    const std::size_t size = string_size(rest);
    if (size != std::string_view::npos) {
        behind_ = rest.substr(size);
        after_ = after_.substr(0, padding + kPadding.size());
    }
}

bool RepeatedEvent::matches(std::string_view data, std::string_view& text) const {
    if (!is_known_ || !data.starts_with(before_)) {
        return false;
    }
    std::string_view rest = data.substr(before_.size());
    const std::size_t size = string_size(rest);
    if (size == std::string_view::npos) {
        return false;
    }
    text = rest.substr(0, size);
    rest.remove_prefix(size);
    if (behind_.empty()) {
        return rest == after_;
    }
    if (!rest.starts_with(after_)) {
        return false;
    }
    rest.remove_prefix(after_.size());
    const std::size_t padding = string_size(rest);
    return padding != std::string_view::npos && rest.substr(padding) == behind_;
}

}  // namespace pulse::llm::detail
