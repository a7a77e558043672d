#include "net/http/chunked.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace pulse::net {
namespace {

using namespace std::string_literals;
using State = ChunkedDecoder::State;

struct Decoded {
    State state = State::more;
    std::string data;
    std::size_t consumed = 0;
};

/// Feeds `bytes` in pieces of `piece` bytes, as a connection would.
Decoded decode(std::string_view bytes, std::size_t piece) {
    ChunkedDecoder decoder;
    Decoded decoded;
    while (decoded.state == State::more && decoded.consumed < bytes.size()) {
        std::vector<std::string_view> views;
        std::size_t consumed = 0;
        decoded.state = decoder.feed(bytes.substr(decoded.consumed, piece), views, consumed);
        decoded.consumed += consumed;
        for (const std::string_view data : views) {
            decoded.data += data;
        }
    }
    return decoded;
}

TEST(ChunkedDecoder, TakesTheCodingOff) {
    const Decoded decoded = decode("5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\n\r\n", 1000);

    EXPECT_EQ(decoded.state, State::done);
    EXPECT_EQ(decoded.data, "hello world");
}

TEST(ChunkedDecoder, LeavesWhatFollowsTheBody) {
    const std::string body = "3\r\nabc\r\n0\r\n\r\n";

    const Decoded decoded = decode(body + "GET / HTTP/1.1\r\n", 1000);

    EXPECT_EQ(decoded.state, State::done);
    EXPECT_EQ(decoded.consumed, body.size());
}

TEST(ChunkedDecoder, DoesNotCareWhereBytesAreSplit) {
    const std::string body =
        "00a;x=\"y\"\r\n0123456789\r\nA \t;z\r\n0123456789\r\n0\r\nX: y\r\nZ:\r\n\r\n";

    for (std::size_t piece = 1; piece <= body.size(); ++piece) {
        const Decoded decoded = decode(body, piece);
        ASSERT_EQ(decoded.state, State::done) << piece;
        ASSERT_EQ(decoded.data, "01234567890123456789") << piece;
        ASSERT_EQ(decoded.consumed, body.size()) << piece;
    }
}

TEST(ChunkedDecoder, HandsOutViewsOfTheInput) {
    const std::string body = "5\r\nhello\r\n";
    ChunkedDecoder decoder;
    std::vector<std::string_view> views;
    std::size_t consumed = 0;

    EXPECT_EQ(decoder.feed(body, views, consumed), State::more);

    ASSERT_EQ(views.size(), 1U);
    EXPECT_EQ(views[0].data(), body.data() + 3);
    EXPECT_EQ(consumed, body.size());
}

TEST(ChunkedDecoder, ReadsSizesUpTo64Bits) {
    ChunkedDecoder decoder;
    std::vector<std::string_view> views;
    std::size_t consumed = 0;

    EXPECT_EQ(decoder.feed("fFfFfFfFfFfFfFfF\r\nabc", views, consumed), State::more);

    ASSERT_EQ(views.size(), 1U);
    EXPECT_EQ(views[0], "abc");
}

TEST(ChunkedDecoder, IsReadyAgainAfterReset) {
    ChunkedDecoder decoder;
    std::vector<std::string_view> views;
    std::size_t consumed = 0;
    ASSERT_EQ(decoder.feed("x", views, consumed), State::bad);

    decoder.reset();

    EXPECT_EQ(decoder.feed("0\r\n\r\n", views, consumed), State::done);
}

TEST(ChunkedDecoder, StaysBad) {
    ChunkedDecoder decoder;
    std::vector<std::string_view> views;
    std::size_t consumed = 0;
    ASSERT_EQ(decoder.feed("x", views, consumed), State::bad);

    EXPECT_EQ(decoder.feed("0\r\n\r\n", views, consumed), State::bad);
    EXPECT_EQ(consumed, 0U);
}

TEST(ChunkedDecoder, SkipsEightKibibytesOfExtensionsAndTrailersAndNoMore) {
    const std::string most = ";" + std::string(4095, 'e') + "\r\nX:" + std::string(4094, 't');

    EXPECT_EQ(decode("0" + most + "\r\n\r\n", 1000).state, State::done);
    EXPECT_EQ(decode("0" + most + "t\r\n\r\n", 1000).state, State::bad);
}

struct BadBody {
    const char* name;
    std::string bytes;
    friend void PrintTo(const BadBody& bad, std::ostream* out) { *out << bad.name; }
};

class RefusedBody : public testing::TestWithParam<BadBody> {};

TEST_P(RefusedBody, IsBadHoweverItIsSplit) {
    EXPECT_EQ(decode(GetParam().bytes, 1000).state, State::bad);
    EXPECT_EQ(decode(GetParam().bytes, 1).state, State::bad);
}

INSTANTIATE_TEST_SUITE_P(
    Bodies,
    RefusedBody,
    testing::Values(
        BadBody{"EmptySize", "\r\n"},
        BadBody{"NotHex", "g\r\n"},
        BadBody{"Plus", "+5\r\nhello\r\n"},
        BadBody{"Minus", "-5\r\nhello\r\n"},
        BadBody{"HexPrefix", "0x5\r\nhello\r\n"},
        BadBody{"LeadingSpace", " 5\r\nhello\r\n"},
        BadBody{"TrailingSpace", "5 \r\nhello\r\n"},
        BadBody{"SpaceInSize", "5 5\r\nhello\r\n"},
        BadBody{"Underscore", "1_0\r\n"},
        BadBody{"SeventeenDigits", "00000000000000005\r\nhello\r\n"},
        BadBody{"BareLfBehindSize", "5\nhello\r\n"},
        BadBody{"BareCrBehindSize", "5\rhello\r\n"},
        BadBody{"BareLfInExtension", "5;a\nhello\r\n0\r\n\r\n"},
        BadBody{"BareCrInExtension", "5;a\rb\r\nhello\r\n"},
        BadBody{"NulInExtension", "5;a\0\r\n"s},
        BadBody{"BareLfBehindData", "5\r\nhello\n0\r\n\r\n"},
        BadBody{"DataTooLong", "5\r\nhello!\r\n"},
        BadBody{"DataTooShort", "6\r\nhello\r\n0\r\n\r\n"},
        BadBody{"BareLfBehindLast", "0\n\n"},
        BadBody{"BareLfAtEnd", "0\r\n\n"},
        BadBody{"BareLfInTrailer", "0\r\nX: y\n\r\n"},
        BadBody{"FoldedTrailer", "0\r\nX: y\r\n z\r\n\r\n"},
        BadBody{"TrailerWithoutName", "0\r\n: y\r\n\r\n"},
        BadBody{"ControlInTrailer", "0\r\nX: \x01\r\n\r\n"}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(ChunkHeader, IsTheSizeInHex) {
    char buffer[20];

    EXPECT_EQ(chunk_header(1, buffer), "1\r\n");
    EXPECT_EQ(chunk_header(0x1a4, buffer), "1a4\r\n");
    EXPECT_EQ(chunk_header(~std::size_t{0}, buffer), "ffffffffffffffff\r\n");
}

}  // namespace
}  // namespace pulse::net
