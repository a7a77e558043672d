#include "llm/detail/json_document.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

namespace pulse::llm::detail {

static_assert(std::endian::native == std::endian::little, "raw_string() reads eight bytes at once");

namespace {

ondemand::parser& thread_parser() {
    thread_local ondemand::parser parser;
    return parser;
}

}  // namespace

simdjson::error_code JsonDocument::open(std::string_view json) {
    ondemand::parser* parser = nullptr;
    if (json.size() > kSharedBytesMax) {
        own_parser_ = std::make_unique<ondemand::parser>();
        parser = own_parser_.get();
    } else {
        parser = &thread_parser();
        // Once and for all sizes: growing text by text would allocate on the hot path. Only touched
        // pages cost memory.
        if (parser->capacity() < kSharedBytesMax) {
            if (const auto error = parser->allocate(kSharedBytesMax)) {
                return error;
            }
        }
    }
    const auto padded = json.size() + simdjson::SIMDJSON_PADDING;
    if (const auto error = parser->iterate(json.data(), json.size(), padded).get(document_)) {
        return error;
    }
    return document_.get_object().get(object_);
}

std::string_view padded_copy(std::string_view json) {
    constexpr std::size_t kKeepBytes = std::size_t{256} << 10;
    thread_local std::string buffer;
    if (buffer.size() < json.size() + simdjson::SIMDJSON_PADDING || buffer.size() > kKeepBytes) {
        buffer.assign(std::max(json.size() + simdjson::SIMDJSON_PADDING, std::size_t{4096}), '\0');
        buffer.shrink_to_fit();
    }
    // simdjson looks at the first byte behind the text: what an earlier text left there must not
    // decide anything.
    *std::copy(json.begin(), json.end(), buffer.begin()) = ' ';
    return {buffer.data(), json.size()};
}

std::string_view raw_string(const char* begin) {
    constexpr std::uint64_t kOnes = 0x0101010101010101U;
    constexpr std::uint64_t kHighBits = 0x8080808080808080U;
    // The lowest high bit set marks the first byte that is zero; those above it may be false.
    const auto zero_bytes = [](std::uint64_t bytes) {
        return (bytes - kOnes) & ~bytes & kHighBits;
    };
    const char* end = begin;
    while (true) {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, end, sizeof bytes);  // may read into the padding
        const std::uint64_t stops =
            zero_bytes(bytes ^ kOnes * '"') | zero_bytes(bytes ^ kOnes * '\\');
        if (stops == 0) {
            end += sizeof bytes;
            continue;
        }
        end += std::countr_zero(stops) / 8;
        if (*end == '"') {
            return {begin, static_cast<std::size_t>(end - begin)};
        }
        end += 2;
    }
}

std::size_t unescaped_size(std::string_view raw) {
    std::size_t size = raw.size();
    std::size_t at = raw.find('\\');
    while (at != std::string_view::npos && at + 1 < raw.size()) {
        if (raw[at + 1] != 'u' || at + 6 > raw.size()) {
            size -= 1;
            at = raw.find('\\', at + 2);
            continue;
        }
        // \uXXXX is 1 to 3 bytes of UTF-8; each half of a surrogate pair counts for 2 of the 4.
        const std::string_view hex = raw.substr(at + 2, 4);
        const bool is_surrogate = (hex[0] == 'd' || hex[0] == 'D') && hex[1] >= '8';
        const bool is_below_0x80 = hex[0] == '0' && hex[1] == '0' && hex[2] < '8';
        const bool is_below_0x800 = hex[0] == '0' && hex[1] < '8';
        size -= is_below_0x80 ? 5U : (is_below_0x800 || is_surrogate) ? 4U : 3U;
        at = raw.find('\\', at + 6);
    }
    return size;
}

std::int64_t unescaped_characters(std::string_view raw) {
    std::int64_t characters = 0;
    for (std::size_t at = 0; at < raw.size();) {
        const auto byte = static_cast<unsigned char>(raw[at]);
        if (byte != '\\') {
            characters += (byte & 0xC0U) != 0x80U ? 1 : 0;
            ++at;
            continue;
        }
        const bool is_code = raw.substr(at, 2) == "\\u";
        // The second half of a pair of surrogates is no code point of its own.
        const std::string_view hex = is_code ? raw.substr(at + 2, 4) : std::string_view{};
        const bool is_low_half =
            hex.size() == 4 && (hex[0] == 'd' || hex[0] == 'D') &&
            ((hex[1] >= 'c' && hex[1] <= 'f') || (hex[1] >= 'C' && hex[1] <= 'F'));
        characters += is_low_half ? 0 : 1;
        at += is_code ? 6 : 2;
    }
    return characters;
}

}  // namespace pulse::llm::detail
