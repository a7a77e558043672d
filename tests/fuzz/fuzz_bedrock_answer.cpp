#include "llm/eventstream/frame_writer.h"
#include "tests/fuzz/fuzz_answer.h"

#include <openssl/evp.h>

#include <array>

// Bedrock's converse and invoke. A stream is made of the input's lines, each the payload of a
// message with checksums that are right: mutated ones would all end at the checksum, which
// fuzz_event_stream is for.
namespace {

using namespace pulse;

constexpr std::array kStreams{
    llm::AnswerSource{
        .provider_kind = "bedrock",
        .api = Api::converse,
        .is_stream = true,
        .content_type = "application/vnd.amazon.eventstream",
        .model = {}},
    llm::AnswerSource{
        .provider_kind = "bedrock",
        .api = Api::invoke,
        .is_stream = true,
        .content_type = "application/vnd.amazon.eventstream",
        .model = {}},
};
constexpr std::array kBodies{
    llm::AnswerSource{
        .provider_kind = "bedrock",
        .api = Api::converse,
        .content_type = "application/json",
        .model = {}},
    llm::AnswerSource{
        .provider_kind = "bedrock",
        .api = Api::invoke,
        .content_type = "application/json",
        .model = {}},
};
constexpr std::array<std::string_view, 4> kEvents{
    "contentBlockDelta", "messageStop", "metadata", "throttlingException"};

std::string chunk_of(std::string_view json) {
    std::string base64((json.size() + 2) / 3 * 4 + 1, '\0');
    const int size = EVP_EncodeBlock(
        reinterpret_cast<unsigned char*>(base64.data()),
        reinterpret_cast<const unsigned char*>(json.data()),
        static_cast<int>(json.size()));
    base64.resize(static_cast<std::size_t>(size));
    return R"({"bytes":")" + base64 + R"("})";
}

/// A line of a converse stream begins with the digit of its event's name.
std::string stream_of(std::string_view lines, bool is_converse) {
    std::string bytes;
    while (!lines.empty()) {
        const std::size_t end = std::min(lines.find('\n'), lines.size());
        const std::string_view line = lines.substr(0, end);
        if (!is_converse) {
            llm::append_event_frame("chunk", chunk_of(line), bytes);
        } else if (!line.empty()) {
            const auto event = static_cast<unsigned char>(line[0]) % kEvents.size();
            llm::append_event_frame(kEvents[event], line.substr(1), bytes);
        }
        lines.remove_prefix(std::min(end + 1, lines.size()));
    }
    return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    const std::string_view text{reinterpret_cast<const char*>(data) + 2, size - 2};
    const bool is_converse = data[0] % 2 == 0;
    const std::size_t at = is_converse ? 0 : 1;
    const std::size_t piece_size = data[1] % 128U + 1U;
    if (data[0] % 4 < 2) {
        llm::check_answer(kBodies[at], text, piece_size);
    } else {
        llm::check_answer(kStreams[at], stream_of(text, is_converse), piece_size);
    }
    return 0;
}
