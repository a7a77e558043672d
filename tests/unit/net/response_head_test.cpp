#include "net/http/head.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace pulse::net {
namespace {

struct BadHead {
    const char* name;
    std::string head;
    friend void PrintTo(const BadHead& bad, std::ostream* out) { *out << bad.name; }
};

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

class RefusedResponse : public testing::TestWithParam<BadHead> {};

TEST_P(RefusedResponse, IsABadAnswer) {
    ResponseHead head;

    const auto parsed = parse_response_head(GetParam().head, "POST", head);

    ASSERT_FALSE(parsed.has_value());
    EXPECT_EQ(parsed.error().code(), Errc::upstream_bad_answer);
}

INSTANTIATE_TEST_SUITE_P(
    Heads,
    RefusedResponse,
    testing::Values(
        BadHead{
            "BothFramings",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"},
        BadHead{
            "BothFramingsOf204",
            "HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"},
        BadHead{"TwoLengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"},
        BadHead{"LengthList", "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n"},
        BadHead{"GzipCoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"},
        BadHead{"ChunkedInHttp10", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
        BadHead{"Folded", "HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\n\r\n"},
        BadHead{"BareLf", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"},
        BadHead{"StatusTooSmall", "HTTP/1.1 099 X\r\n\r\n"},
        BadHead{"StatusTooLarge", "HTTP/1.1 600 X\r\n\r\n"},
        BadHead{"StatusOfTwoDigits", "HTTP/1.1 20 OK\r\n\r\n"},
        BadHead{"StatusOfFourDigits", "HTTP/1.1 2000 OK\r\n\r\n"},
        BadHead{"ControlInReason", "HTTP/1.1 200 O\x01K\r\n\r\n"},
        BadHead{"Http2", "HTTP/2 200 OK\r\n\r\n"},
        BadHead{"NotHttp", "SSH-2.0-OpenSSH\r\n\r\n"},
        BadHead{"TooManyFields", "HTTP/1.1 200 OK\r\n" + many_fields(kHeadFieldsMax + 1) + "\r\n"}),
    case_name);

struct Answer {
    const char* name;
    const char* method;
    std::string head;
    BodyFraming framing;
    bool keep_alive;
    friend void PrintTo(const Answer& row, std::ostream* out) { *out << row.name; }
};

class ResponseFraming : public testing::TestWithParam<Answer> {};

TEST_P(ResponseFraming, FollowsMethodAndStatus) {
    ResponseHead head;

    ASSERT_TRUE(parse_response_head(GetParam().head, GetParam().method, head).has_value());

    EXPECT_EQ(head.framing, GetParam().framing);
    EXPECT_EQ(head.keep_alive, GetParam().keep_alive);
}

INSTANTIATE_TEST_SUITE_P(
    Heads,
    ResponseFraming,
    testing::Values(
        Answer{
            "Length",
            "POST",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            BodyFraming::length,
            true},
        Answer{
            "LengthZero",
            "POST",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            BodyFraming::none,
            true},
        Answer{
            "Chunked",
            "POST",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            BodyFraming::chunked,
            true},
        Answer{"UntilClose", "POST", "HTTP/1.1 200 OK\r\n\r\n", BodyFraming::until_close, false},
        Answer{
            "Close",
            "POST",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n",
            BodyFraming::length,
            false},
        Answer{
            "AnswerToHead",
            "HEAD",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
            BodyFraming::none,
            true},
        Answer{
            "AnswerToHeadChunked",
            "HEAD",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
            BodyFraming::none,
            true},
        Answer{
            "NoContent",
            "POST",
            "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
            BodyFraming::none,
            true},
        Answer{
            "NotModified",
            "GET",
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
            BodyFraming::none,
            true},
        Answer{"Continue", "POST", "HTTP/1.1 100 Continue\r\n\r\n", BodyFraming::none, true},
        Answer{
            "EarlyHints",
            "POST",
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
            BodyFraming::none,
            true},
        Answer{
            "Http10Length",
            "POST",
            "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n",
            BodyFraming::length,
            false},
        Answer{
            "Http10KeepAlive",
            "POST",
            "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n",
            BodyFraming::length,
            true}),
    [](const auto& row) { return std::string{row.param.name}; });

TEST(ResponseHead, HoldsStatusAndReason) {
    const std::string text = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\n\r\n";
    ResponseHead head;

    ASSERT_TRUE(parse_response_head(text, "POST", head).has_value());

    EXPECT_EQ(head.status, 429);
    EXPECT_EQ(head.reason, "Too Many Requests");
    EXPECT_EQ(head.fields.value("retry-after"), "3");
    EXPECT_EQ(head.size, text.size());
}

TEST(ResponseHead, MayHaveAnEmptyReason) {
    ResponseHead head;

    ASSERT_TRUE(
        parse_response_head("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "GET", head).has_value());

    EXPECT_EQ(head.reason, "");
}

TEST(ResponseHead, MayNameAHost) {
    const std::string text = "HTTP/1.1 200 OK\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\n\r\n";
    ResponseHead head;

    EXPECT_TRUE(parse_response_head(text, "POST", head).has_value());
}

}  // namespace
}  // namespace pulse::net
