#include "base/assert.h"
#include "llm/framing/inflater.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The first byte picks the coding, the second the size of the pieces: how a body is split changes
// nothing in what comes out, and what comes out is bounded.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using pulse::llm::ContentCoding;
    using pulse::llm::Inflater;
    constexpr std::array kCodings{
        ContentCoding::gzip, ContentCoding::deflate, ContentCoding::brotli, ContentCoding::zstd};
    if (size < 2) {
        return 0;
    }
    const ContentCoding coding = kCodings[data[0] % kCodings.size()];
    const std::string_view body{reinterpret_cast<const char*>(data) + 2, size - 2};
    const std::size_t piece_size = data[1] % 128U + 1U;

    Inflater whole{coding};
    std::string text;
    const bool is_whole_good = whole.feed(body, text);
    Inflater pieces{coding};
    std::string joined;
    bool are_pieces_good = true;
    for (std::size_t at = 0; at < body.size() && are_pieces_good; at += piece_size) {
        are_pieces_good = pieces.feed(body.substr(at, piece_size), joined);
    }
    PULSE_ASSERT(!is_whole_good || !are_pieces_good || joined == text);
    PULSE_ASSERT(text.size() <= Inflater::kFreeOutput + body.size() * Inflater::kRatioMax);
    return 0;
}
