#include "base/assert.h"
#include "net/http/chunked.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace pulse::net;

struct Decoded {
    ChunkedDecoder::State state = ChunkedDecoder::State::more;
    std::string data;
    std::size_t consumed = 0;
    friend bool operator==(const Decoded&, const Decoded&) = default;
};

[[nodiscard]] Decoded decode(std::string_view bytes, std::size_t piece) {
    ChunkedDecoder decoder;
    Decoded decoded;
    std::vector<std::string_view> views;
    while (decoded.state == ChunkedDecoder::State::more && decoded.consumed < bytes.size()) {
        const std::string_view input = bytes.substr(decoded.consumed, piece);
        std::size_t consumed = 0;
        views.clear();
        decoded.state = decoder.feed(input, views, consumed);
        PULSE_ASSERT(consumed == input.size() || decoded.state != ChunkedDecoder::State::more);
        for (const std::string_view data : views) {
            PULSE_ASSERT(!data.empty());
            PULSE_ASSERT(
                data.data() >= input.data() &&
                data.data() + data.size() <= input.data() + consumed);
            decoded.data += data;
        }
        decoded.consumed += consumed;
    }
    return decoded;
}

[[nodiscard]] std::string encode(std::string_view data, std::size_t chunk) {
    std::string body;
    char buffer[20];
    for (; !data.empty(); data.remove_prefix(std::min(chunk, data.size()))) {
        const std::string_view part = data.substr(0, chunk);
        body.append(chunk_header(part.size(), buffer)).append(part).append(kChunkEnd);
    }
    return body.append(kLastChunk);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes{reinterpret_cast<const char*>(data), size};
    const Decoded whole = decode(bytes, std::max<std::size_t>(size, 1));
    for (const std::size_t piece : {1UL, 2UL, 7UL}) {
        PULSE_ASSERT(decode(bytes, piece) == whole);
    }
    const std::string body = encode(bytes, 5);
    const Decoded round = decode(body, 11);
    PULSE_ASSERT(round.state == ChunkedDecoder::State::done);
    PULSE_ASSERT(round.data == bytes && round.consumed == body.size());
    return 0;
}
