#include "net/http/head.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace pulse::net {
namespace {

using namespace std::string_literals;

struct BadHead {
    const char* name;
    std::string head;
    friend void PrintTo(const BadHead& bad, std::ostream* out) { *out << bad.name; }
};

std::string request(const std::string& fields) {
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

std::string many_fields(std::size_t count) {
    std::string fields;
    for (std::size_t i = 0; i < count; ++i) {
        fields += "X-Field-" + std::to_string(i) + ": v\r\n";
    }
    return fields;
}

std::string case_name(const testing::TestParamInfo<BadHead>& info) {
    return info.param.name;
}

class RefusedRequest : public testing::TestWithParam<BadHead> {};

TEST_P(RefusedRequest, IsInvalid) {
    RequestHead head;

    const auto parsed = parse_request_head(GetParam().head, head);

    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().code(), Errc::invalid_request);
    EXPECT_FALSE(parsed.error().detail().empty());
}

INSTANTIATE_TEST_SUITE_P(
    BothFramings,
    RefusedRequest,
    testing::Values(
        BadHead{
            "LengthThenChunked", request("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
        BadHead{
            "ChunkedThenLength", request("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
        BadHead{"TwoDifferentLengths", request("Content-Length: 5\r\nContent-Length: 6\r\n")},
        BadHead{"TwoEqualLengths", request("Content-Length: 5\r\nContent-Length: 5\r\n")},
        BadHead{"TwoLengthsInOtherCase", request("Content-Length: 5\r\ncontent-length: 5\r\n")},
        BadHead{"ListOfLengths", request("Content-Length: 5, 5\r\n")},
        BadHead{
            "TwoCodings", request("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
        BadHead{"ChunkedInHttp10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    ContentLength,
    RefusedRequest,
    testing::Values(
        BadHead{"Plus", request("Content-Length: +5\r\n")},
        BadHead{"Minus", request("Content-Length: -5\r\n")},
        BadHead{"Hex", request("Content-Length: 0x5\r\n")},
        BadHead{"InnerSpace", request("Content-Length: 5 0\r\n")},
        BadHead{"Empty", request("Content-Length:\r\n")},
        BadHead{"Blanks", request("Content-Length:   \r\n")},
        BadHead{"Comma", request("Content-Length: 5,\r\n")},
        BadHead{"Fraction", request("Content-Length: 5.0\r\n")},
        BadHead{"Overflow64", request("Content-Length: 18446744073709551621\r\n")},
        BadHead{"ManyDigits", request("Content-Length: 00000000000000000005\r\n")}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    TransferEncoding,
    RefusedRequest,
    testing::Values(
        BadHead{"Identity", request("Transfer-Encoding: identity\r\n")},
        BadHead{"GzipChunked", request("Transfer-Encoding: gzip, chunked\r\n")},
        BadHead{"ChunkedIdentity", request("Transfer-Encoding: chunked, identity\r\n")},
        BadHead{"ChunkedTwice", request("Transfer-Encoding: chunked, chunked\r\n")},
        BadHead{"Parameter", request("Transfer-Encoding: chunked;q=1\r\n")},
        BadHead{"Quoted", request("Transfer-Encoding: \"chunked\"\r\n")},
        BadHead{"Prefix", request("Transfer-Encoding: xchunked\r\n")},
        BadHead{"Empty", request("Transfer-Encoding:\r\n")},
        BadHead{"TrailingComma", request("Transfer-Encoding: chunked,\r\n")},
        BadHead{
            "VerticalTab",
            request("Transfer-Encoding: \x0b"
                    "chunked\r\n")}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Lines,
    RefusedRequest,
    testing::Values(
        BadHead{"FoldedValue", request("X-A: one\r\n two\r\n")},
        BadHead{"FoldedWithTab", request("X-A: one\r\n\ttwo\r\n")},
        BadHead{"FoldedEmptyValue", request("X-A:\r\n two\r\n")},
        BadHead{"FoldedChunked", request("Transfer-Encoding:\r\n chunked\r\n")},
        BadHead{"FoldedBlankLine", request("X-A: one\r\n \r\n")},
        BadHead{"BlankBeforeFirstName", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
        BadHead{"BareLfLines", "GET / HTTP/1.1\nHost: a\n\n"},
        BadHead{"BareLfInside", "GET / HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n"},
        BadHead{"BareLfAtEnd", "GET / HTTP/1.1\r\nHost: a\r\n\n"},
        BadHead{"BareCr", request("X-A: one\rtwo\r\n")},
        BadHead{"CrCrLf", request("X-A: one\r\r\n")},
        BadHead{"LeadingEmptyLine", "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"},
        BadHead{"Cut", "GET / HTTP/1.1\r\nHost: a\r\n"},
        BadHead{"BytesBehind", "GET / HTTP/1.1\r\nHost: a\r\n\r\nx"},
        BadHead{"Empty", ""}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Names,
    RefusedRequest,
    testing::Values(
        BadHead{"EmptyName", request(": v\r\n")},
        BadHead{"SpaceBeforeColon", request("Content-Length : 5\r\n")},
        BadHead{"TabBeforeColon", request("Content-Length\t: 5\r\n")},
        BadHead{"SpaceInside", request("X A: v\r\n")},
        BadHead{"NoColon", request("X-A\r\n")},
        BadHead{"Nul", request("X\0A: v\r\n"s)},
        BadHead{"HighByte", request("X-\xe9: v\r\n")},
        BadHead{"Bracket", request("X(A): v\r\n")},
        BadHead{"Quote", request("\"X\": v\r\n")}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Values,
    RefusedRequest,
    testing::Values(
        BadHead{"Nul", request("X-A: a\0b\r\n"s)},
        BadHead{"Bell", request("X-A: a\x07\r\n")},
        BadHead{"Escape", request("X-A: a\x1b[0m\r\n")},
        BadHead{"Delete", request("X-A: a\x7f\r\n")}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    RequestLine,
    RefusedRequest,
    testing::Values(
        BadHead{"AbsoluteForm", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"},
        BadHead{"AuthorityForm", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"},
        BadHead{"StarForGet", "GET * HTTP/1.1\r\nHost: a\r\n\r\n"},
        BadHead{"NoSlash", "GET v1/models HTTP/1.1\r\nHost: a\r\n\r\n"},
        BadHead{"QueryOnly", "GET ?a HTTP/1.1\r\nHost: a\r\n\r\n"},
        BadHead{"Fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"},
        BadHead{"Backslash", "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n"},
        BadHead{"HighByteTarget", "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"},
        BadHead{"NulTarget", "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"s},
        BadHead{"TabTarget", "GET /\t HTTP/1.1\r\nHost: a\r\n\r\n"},
        BadHead{"SpaceInTarget", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"},
        BadHead{"TwoSpaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"},
        BadHead{"TabSeparator", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"},
        BadHead{"SpaceBeforeMethod", " GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
        BadHead{"MethodNotToken", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n"},
        BadHead{"NoTarget", "GET HTTP/1.1\r\nHost: a\r\n\r\n"},
        BadHead{"SpaceBehindVersion", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
        BadHead{"Http09", "GET /\r\n\r\n"},
        BadHead{"Http12", "GET / HTTP/1.2\r\nHost: a\r\n\r\n"},
        BadHead{"Http20", "PRI * HTTP/2.0\r\n\r\n"},
        BadHead{"LowerCaseVersion", "GET / http/1.1\r\nHost: a\r\n\r\n"},
        BadHead{"LongVersion", "GET / HTTP/1.10\r\nHost: a\r\n\r\n"}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Host,
    RefusedRequest,
    testing::Values(
        BadHead{"Missing", "GET / HTTP/1.1\r\nX-A: b\r\n\r\n"},
        BadHead{"Twice", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"},
        BadHead{"TwiceInHttp10", "GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n"},
        BadHead{"TwoNames", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"},
        BadHead{"Space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"},
        BadHead{"Path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"},
        BadHead{"UserInfo", "GET / HTTP/1.1\r\nHost: b@a\r\n\r\n"}),
    case_name);

TEST(RequestHead, HoldsWhatWasSent) {
    const std::string text =
        "POST /v1/models?limit=2&a=b?c HTTP/1.1\r\nhOsT: a:80\r\nX-Empty:\r\nX-Padded: \t v w "
        "\t\r\n\r\n";
    RequestHead head;

    ASSERT_TRUE(parse_request_head(text, head).has_value());

    EXPECT_EQ(head.method, "POST");
    EXPECT_EQ(head.target, "/v1/models?limit=2&a=b?c");
    EXPECT_EQ(head.path, "/v1/models");
    EXPECT_EQ(head.query, "limit=2&a=b?c");
    EXPECT_EQ(head.minor_version, 1);
    EXPECT_EQ(head.size, text.size());
    ASSERT_EQ(head.fields.size(), 3U);
    EXPECT_EQ(head.fields.begin()->name, "hOsT");
    EXPECT_EQ(head.fields.value("HOST"), "a:80");
    EXPECT_EQ(head.fields.value("x-padded"), "v w");
    ASSERT_NE(head.fields.find("x-empty"), nullptr);
    EXPECT_EQ(head.fields.find("x-empty")->value, "");
    EXPECT_EQ(head.fields.find("x-absent"), nullptr);
}

TEST(RequestHead, IsReusedWithoutTracesOfTheOneBefore) {
    RequestHead head;
    ASSERT_TRUE(
        parse_request_head(
            "POST /a?b HTTP/1.1\r\nHost: a\r\nConnection: close, upgrade\r\nUpgrade: websocket\r\n"
            "Expect: 100-continue\r\nContent-Length: 7\r\n\r\n",
            head)
            .has_value());

    ASSERT_TRUE(parse_request_head("GET / HTTP/1.1\r\nHost: a\r\n\r\n", head).has_value());

    EXPECT_EQ(head.path, "/");
    EXPECT_EQ(head.query, "");
    EXPECT_EQ(head.fields.size(), 1U);
    EXPECT_EQ(head.framing, BodyFraming::none);
    EXPECT_EQ(head.content_length, 0U);
    EXPECT_TRUE(head.keep_alive);
    EXPECT_FALSE(head.expects_continue);
    EXPECT_FALSE(head.wants_upgrade);
}

TEST(RequestHead, FramesTheBody) {
    RequestHead head;

    ASSERT_TRUE(
        parse_request_head(request("Content-Length: 1234567890123456789\r\n"), head).has_value());
    EXPECT_EQ(head.framing, BodyFraming::length);
    EXPECT_EQ(head.content_length, 1234567890123456789U);

    ASSERT_TRUE(parse_request_head(request("Content-Length: 0\r\n"), head).has_value());
    EXPECT_EQ(head.framing, BodyFraming::none);

    ASSERT_TRUE(
        parse_request_head(request("transfer-encoding: \t Chunked \r\n"), head).has_value());
    EXPECT_EQ(head.framing, BodyFraming::chunked);

    ASSERT_TRUE(parse_request_head(request(""), head).has_value());
    EXPECT_EQ(head.framing, BodyFraming::none);
}

struct Persistence {
    const char* name;
    std::string head;
    bool keep_alive;
    bool wants_upgrade;
    friend void PrintTo(const Persistence& row, std::ostream* out) { *out << row.name; }
};

class ConnectionField : public testing::TestWithParam<Persistence> {};

TEST_P(ConnectionField, SaysWhatTheCallerWants) {
    RequestHead head;

    ASSERT_TRUE(parse_request_head(GetParam().head, head).has_value());

    EXPECT_EQ(head.keep_alive, GetParam().keep_alive);
    EXPECT_EQ(head.wants_upgrade, GetParam().wants_upgrade);
}

INSTANTIATE_TEST_SUITE_P(
    Tokens,
    ConnectionField,
    testing::Values(
        Persistence{"DefaultOf11", request(""), true, false},
        Persistence{"Close", request("Connection: close\r\n"), false, false},
        Persistence{"CloseInOtherCase", request("connection: CLOSE\r\n"), false, false},
        Persistence{"CloseInList", request("Connection: TE, close , x\r\n"), false, false},
        Persistence{
            "CloseInSecondField", request("Connection: TE\r\nConnection: close\r\n"), false, false},
        Persistence{"CloseWins", request("Connection: keep-alive, close\r\n"), false, false},
        Persistence{"PartOfAToken", request("Connection: closer\r\n"), true, false},
        Persistence{
            "Upgrade",
            request("Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"),
            true,
            true},
        Persistence{"UpgradeWithoutField", request("Connection: upgrade\r\n"), true, false},
        Persistence{"UpgradeWithoutToken", request("Upgrade: h2c\r\n"), true, false},
        Persistence{"DefaultOf10", "GET / HTTP/1.0\r\n\r\n", false, false},
        Persistence{
            "KeepAliveIn10", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true, false}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(RequestHead, AllowsTheStarForOptions) {
    RequestHead head;

    ASSERT_TRUE(parse_request_head("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", head).has_value());

    EXPECT_EQ(head.path, "*");
}

TEST(RequestHead, ExpectsContinueOnlyInHttp11) {
    RequestHead head;

    ASSERT_TRUE(parse_request_head(request("Expect: 100-Continue\r\n"), head).has_value());
    EXPECT_TRUE(head.expects_continue);

    ASSERT_TRUE(
        parse_request_head("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", head).has_value());
    EXPECT_FALSE(head.expects_continue);
}

TEST(RequestHead, KeepsTextBeyondAsciiInValues) {
    const std::string text = request("X-A: caf\xc3\xa9\r\n");
    RequestHead head;

    ASSERT_TRUE(parse_request_head(text, head).has_value());

    EXPECT_EQ(head.fields.value("x-a"), "caf\xc3\xa9");
}

TEST(RequestHead, TakesAHundredFieldsAndNotOneMore) {
    RequestHead head;

    EXPECT_TRUE(parse_request_head(request(many_fields(kHeadFieldsMax - 1)), head).has_value());

    const auto parsed = parse_request_head(request(many_fields(kHeadFieldsMax)), head);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().code(), Errc::header_too_large);
}

TEST(RequestHead, TakesLongHeads) {
    const std::string text = request("X-A: " + std::string(60'000, 'v') + "\r\n");
    RequestHead head;

    ASSERT_TRUE(parse_request_head(text, head).has_value());

    EXPECT_EQ(head.fields.value("x-a").size(), 60'000U);
}

TEST(RequestHead, NeverRepeatsTheValueInTheError) {
    RequestHead head;

    const auto parsed = parse_request_head(request("Content-Length: secret\r\n"), head);

    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().detail().find("secret"), std::string::npos);
}

TEST(HeadEnd, IsBehindTheBlankLine) {
    const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\r\n\r\n";
    std::size_t scanned = 0;

    EXPECT_EQ(find_head_end(bytes, scanned), bytes.find("body"));
}

TEST(HeadEnd, IsFoundHoweverTheBytesArrive) {
    const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    std::size_t scanned = 0;

    for (std::size_t size = 0; size < bytes.size(); ++size) {
        ASSERT_EQ(find_head_end(std::string_view{bytes}.substr(0, size), scanned), std::nullopt)
            << size;
        ASSERT_LE(scanned, size);
    }
    EXPECT_EQ(find_head_end(bytes, scanned), bytes.size());
}

TEST(HeadEnd, IsFoundBehindBareLineFeedsSoThatTheyAreRefusedAtOnce) {
    std::size_t scanned = 0;
    EXPECT_EQ(find_head_end("GET / HTTP/1.1\nHost: a\n\n", scanned), 24U);

    scanned = 0;
    EXPECT_EQ(find_head_end("GET / HTTP/1.1\r\nHost: a\r\n\n", scanned), 26U);
}

TEST(HeadEnd, DoesNotScanTwice) {
    const std::string bytes(10'000, 'x');
    std::size_t scanned = 0;

    EXPECT_EQ(find_head_end(bytes, scanned), std::nullopt);

    EXPECT_EQ(scanned, bytes.size());
}

TEST(Http2Preface, IsRecognised) {
    EXPECT_TRUE(is_http2_preface("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    EXPECT_FALSE(is_http2_preface("GET / HTTP/1.1\r\n"));
    EXPECT_FALSE(is_http2_preface("PRI"));
}

TEST(HeadEnd, IsNotSoughtBehindTheBytesThatAreThere) {
    std::size_t scanned = 1;
    EXPECT_EQ(find_head_end("", scanned), std::nullopt);
    scanned = 40;
    EXPECT_EQ(find_head_end("GET / HTTP/1.1\r\n", scanned), std::nullopt);
}

TEST(HeaderNames, CompareWithoutCase) {
    EXPECT_TRUE(iequals("Content-Length", "cONTENT-lENGTH"));
    EXPECT_FALSE(iequals("Content-Length", "Content-Lengt"));
    EXPECT_FALSE(iequals("a@", "a`"));
    EXPECT_TRUE(iequals("", ""));
}

TEST(Head, ComparesEveryPairOfBytesAtEveryPlaceOfANameLikeAscii) {
    const auto lower = [](unsigned c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; };
    for (const std::size_t size : {1U, 3U, 4U, 7U, 8U, 11U, 16U, 19U}) {
        std::string a(size, 'k');
        std::string b(size, 'K');
        for (std::size_t at = 0; at < size; ++at) {
            for (unsigned x = 0; x < 256; ++x) {
                for (unsigned y = 0; y < 256; ++y) {
                    a[at] = static_cast<char>(x);
                    b[at] = static_cast<char>(y);
                    if (iequals(a, b) != (lower(x) == lower(y))) {
                        FAIL() << "bytes " << x << " and " << y << " at " << at << " of " << size;
                    }
                }
            }
            a[at] = 'k';
            b[at] = 'K';
        }
    }
}

}  // namespace
}  // namespace pulse::net
