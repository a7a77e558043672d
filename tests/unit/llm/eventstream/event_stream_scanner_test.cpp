#include "llm/eventstream/event_stream_scanner.h"

#include "llm/eventstream/frame_writer.h"
#include "llm/eventstream/header_reader.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::llm {
namespace {

/// What came out, pieces joined.
struct Cut {
    std::vector<std::string> names;
    std::vector<std::string> payloads;
    std::string all_bytes;
    std::string pieces;
    bool is_broken = false;
    std::size_t pending = 0;

    friend bool operator==(const Cut&, const Cut&) = default;
};

void take(EventStreamScanner& scanner, std::string_view bytes, Cut& cut) {
    scanner.feed(bytes);
    EventStreamFrame frame;
    while (scanner.next(frame)) {
        cut.all_bytes += frame.raw;
        if (frame.is_piece) {
            cut.pieces += frame.raw;
        } else {
            cut.names.emplace_back(frame.name);
            cut.payloads.emplace_back(frame.payload);
        }
    }
    cut.is_broken = scanner.is_broken();
    cut.pending = scanner.pending().size();
}

Cut cut_whole(
    std::string_view bytes, std::size_t bytes_max = EventStreamScanner::kMessageBytesMax) {
    EventStreamScanner scanner{bytes_max};
    Cut cut;
    take(scanner, bytes, cut);
    return cut;
}

Cut cut_split(std::string_view bytes, unsigned seed, std::size_t bytes_max) {
    std::minstd_rand random{seed};
    EventStreamScanner scanner{bytes_max};
    Cut cut;
    while (!bytes.empty()) {
        const std::size_t size = std::min<std::size_t>(bytes.size(), random() % 40);
        take(scanner, bytes.substr(0, size), cut);
        bytes.remove_prefix(size);
    }
    return cut;
}

std::string two_frames() {
    std::string bytes;
    append_event_frame("messageStop", R"({"stopReason":"end_turn"})", bytes);
    append_event_frame("metadata", R"({"usage":{"inputTokens":1}})", bytes);
    return bytes;
}

TEST(EventStreamScanner, ReadsWhatAwsWrites) {
    // A recorded message: bedrock converse-stream 1c2bb5d38a, its first 142 bytes.
    using namespace std::string_literals;
    const std::string bytes =
        "\x00\x00\x00\x8e\x00\x00\x00R\xee\x91\xe1"
        "B\x0b:event-type\x07\x00\x0cmessageStart\r:content-type\x07\x00\x10"
        "application/json\r:message-type\x07\x00\x05"
        "event{\"p\":\"abcdefghijklmnopq\",\"role\":\"assistant\"}\xf4P\xac\x95"s;
    ASSERT_EQ(bytes.size(), 142U);

    EventStreamScanner scanner;
    scanner.feed(bytes);
    EventStreamFrame frame;
    ASSERT_TRUE(scanner.next(frame));
    EXPECT_EQ(frame.raw, bytes);
    EXPECT_EQ(frame.message_type, "event");
    EXPECT_EQ(frame.name, "messageStart");
    EXPECT_EQ(frame.content_type, "application/json");
    EXPECT_EQ(frame.payload, R"({"p":"abcdefghijklmnopq","role":"assistant"})");
    EXPECT_FALSE(scanner.next(frame));
    EXPECT_FALSE(scanner.is_broken());

    std::string written;
    append_event_frame("messageStart", R"({"p":"abcdefghijklmnopq","role":"assistant"})", written);
    EXPECT_EQ(written, bytes);
}

TEST(EventStreamScanner, CutsTheSameHoweverTheBytesAreSplit) {
    std::string bytes = two_frames();
    append_event_frame("contentBlockDelta", std::string(300, 'x'), bytes);  // above the limit below
    bytes += two_frames();
    const Cut whole = cut_whole(bytes, 200);
    ASSERT_EQ(whole.names.size(), 4U);
    EXPECT_EQ(whole.all_bytes, bytes);

    for (unsigned seed = 1; seed <= 300; ++seed) {
        EXPECT_EQ(cut_split(bytes, seed, 200), whole) << "seed " << seed;
    }
}

TEST(EventStreamScanner, PassesAMessageAboveTheLimitInPiecesAndReadsOn) {
    std::string large;
    append_event_frame("chunk", std::string(1000, 'x'), large);

    const Cut cut = cut_whole(large + two_frames(), 200);
    EXPECT_EQ(cut.pieces, large);
    EXPECT_EQ(cut.names, (std::vector<std::string>{"messageStop", "metadata"}));
    EXPECT_FALSE(cut.is_broken);
}

TEST(EventStreamScanner, IsBrokenByOneWrongBitAnywhereAndLosesNoByte) {
    const std::string good = two_frames();
    const std::size_t first_size = cut_whole(good).all_bytes.size() / 2;
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const unsigned bit : {1U, 0x80U}) {
            std::string bytes = good;
            bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ bit);
            const Cut cut = cut_whole(bytes);
            EXPECT_TRUE(cut.is_broken) << "byte " << at;
            EXPECT_EQ(cut.all_bytes, bytes) << "byte " << at;
            EXPECT_LE(cut.names.size(), at < first_size / 2 ? 0U : 1U) << "byte " << at;
            EXPECT_EQ(
                cut,
                cut_split(
                    bytes, static_cast<unsigned>(at + 1), EventStreamScanner::kMessageBytesMax));
        }
    }
}

TEST(EventStreamScanner, KeepsATornMessage) {
    const std::string bytes = two_frames();

    const Cut cut = cut_whole(std::string_view{bytes}.substr(0, bytes.size() - 1));
    EXPECT_EQ(cut.names, (std::vector<std::string>{"messageStop"}));
    EXPECT_GT(cut.pending, 0U);
}

TEST(EventStreamScanner, RefusesLengthsThatCannotBe) {
    // Total length below the frame's own 16 bytes; more header bytes than the message has. The
    // checksums are right.
    using namespace std::string_literals;
    for (const std::string& message :
         {"\x00\x00\x00\x0f\x00\x00\x00\x00\xe7\x72\x48\xb8\x45\xab\x32\xb2"s,
          "\x00\x00\x00\x10\x00\x00\x00\x01\x72\xc5\x78\x7d\x75\x75\x6f\x6d"s,
          "\x00\x00\x00\x10\xff\xff\xff\xff\xdb\x79\x68\x08\x44\x42\xa0\x52"s,
          "\x00\x00\x00\x00\x00\x00\x00\x00\x65\x22\xdf\x69\x7e\x2a\x53\xfc"s}) {
        const Cut cut = cut_whole(message);
        EXPECT_TRUE(cut.is_broken);
        EXPECT_TRUE(cut.names.empty());
        EXPECT_EQ(cut.pieces, message);
    }
}

TEST(EventStreamScanner, ResetsToNew) {
    EventStreamScanner scanner;
    Cut cut;
    take(scanner, "this is no message of that kind", cut);
    ASSERT_TRUE(scanner.is_broken());

    scanner.reset();
    cut = {};
    take(scanner, two_frames(), cut);
    EXPECT_EQ(cut.names, (std::vector<std::string>{"messageStop", "metadata"}));
    EXPECT_FALSE(cut.is_broken);
}

TEST(EventStreamScanner, NamesExceptionsAndErrors) {
    std::string bytes;
    append_exception_frame("throttlingException", R"({"message":"slow down"})", bytes);
    std::string block;
    append_string_header(":message-type", "error", block);
    append_string_header(":error-code", "InternalFailure", block);
    append_string_header(":error-message", "it broke", block);
    append_event_stream_frame(block, "", bytes);

    EventStreamScanner scanner;
    scanner.feed(bytes);
    EventStreamFrame frame;
    ASSERT_TRUE(scanner.next(frame));
    EXPECT_EQ(frame.message_type, "exception");
    EXPECT_EQ(frame.name, "throttlingException");
    EXPECT_EQ(frame.payload, R"({"message":"slow down"})");
    ASSERT_TRUE(scanner.next(frame));
    EXPECT_EQ(frame.message_type, "error");
    EXPECT_EQ(frame.name, "InternalFailure");
    EXPECT_EQ(frame.error_message, "it broke");
}

TEST(EventStreamHeaderReader, ReadsValuesOfAllTypes) {
    using namespace std::string_literals;
    const std::string block =
        "\x01t\x00"s + "\x01"s + "f\x01"s + "\x01"s + "b\x02\xff"s + "\x01s\x03\x01\x02"s +
        "\x01i\x04\x01\x02\x03\x04"s + "\x01l\x05\x01\x02\x03\x04\x05\x06\x07\x08"s +
        "\x01y\x06\x00\x03"s + "abc"s + "\x02st\x07\x00\x00"s +
        "\x01m\x08\x01\x02\x03\x04\x05\x06\x07\x08"s + "\x01u\x09"s + std::string(16, 'u');
    const std::vector<std::size_t> sizes{0, 0, 1, 2, 4, 8, 3, 0, 8, 16};

    EventStreamHeaderReader reader{block};
    EventStreamHeader header;
    for (std::size_t type = 0; type < sizes.size(); ++type) {
        ASSERT_TRUE(reader.next(header)) << type;
        EXPECT_EQ(static_cast<std::size_t>(header.type), type);
        EXPECT_EQ(header.value.size(), sizes[type]);
    }
    EXPECT_FALSE(reader.next(header));
    EXPECT_TRUE(reader.is_whole());
    for (std::size_t size = 0; size < block.size(); ++size) {
        // Never reads behind the block (asan), and a torn header is not whole.
        EventStreamHeaderReader torn{std::string_view{block}.substr(0, size)};
        while (torn.next(header)) {
        }
    }
}

TEST(EventStreamHeaderReader, RefusesEmptyNamesUnknownTypesAndLengthsBehindTheBlock) {
    using namespace std::string_literals;
    for (const std::string& block :
         {"\x00\x07\x00\x00"s,
          "\x01"s + "a\x0a"s,
          "\x01"s + "a\x07\x00\x05"s + "abc"s,
          "\x05"s + "ab"s}) {
        EventStreamHeaderReader reader{block};
        EventStreamHeader header;
        EXPECT_FALSE(reader.next(header));
        EXPECT_FALSE(reader.is_whole());
    }
}

TEST(EventStreamScanner, IsBrokenByHeadersThatCannotBeRead) {
    std::string bytes;
    append_event_stream_frame("no header block", "{}", bytes);

    const Cut cut = cut_whole(bytes);
    EXPECT_TRUE(cut.is_broken);
    EXPECT_EQ(cut.pieces, bytes);
}

}  // namespace
}  // namespace pulse::llm
