#include "net/http/detail/head_scan.h"

#include <gtest/gtest.h>

#include "net/http/detail/head_oracle.h"

namespace pulse::net::detail {
namespace {

constexpr std::string_view kRequest =
    "POST /v1/chat/completions HTTP/1.1\r\nHost: api.example.com\r\nContent-Type: application/json\r\n"
    "Authorization: Bearer sk-pulse-abc\r\nUser-Agent: OpenAI/JS 6.49.0\r\nX-Empty:\r\nX-Tab:\ta\tb \r\n"
    "X-Latin: caf\xe9\r\nContent-Length: 17\r\n\r\n";

TEST(HeadScan, TakesWhatClientsSend) {
    RequestHead head;
    HeadFacts facts;

    ASSERT_TRUE(scan_request_head(kRequest, head, facts));

    EXPECT_EQ(head.method, "POST");
    EXPECT_EQ(head.target, "/v1/chat/completions");
    EXPECT_EQ(head.fields.size(), 8U);
    EXPECT_EQ(head.fields.value("x-empty"), "");
    EXPECT_EQ(head.fields.value("x-tab"), "a\tb");
    EXPECT_EQ(facts.content_length, 17U);
    EXPECT_TRUE(facts.has_host);
}

TEST(HeadScan, TakesWhatProvidersAnswer) {
    ResponseHead head;
    HeadFacts facts;

    ASSERT_TRUE(scan_response_head(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n", head, facts));

    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.reason, "OK");
    EXPECT_TRUE(facts.has_coding);
}

class LeftToBeast : public testing::TestWithParam<std::string> {};

TEST_P(LeftToBeast, IsNotTaken) {
    RequestHead head;
    HeadFacts facts;

    EXPECT_FALSE(scan_request_head(GetParam(), head, facts));
}

INSTANTIATE_TEST_SUITE_P(
    Unusual,
    LeftToBeast,
    testing::Values(
        "",
        "GET / HTTP/1.1\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.2\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / HTTP/1.1\n\n",
        "GET /a b HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\n: x\r\n\r\n",
        "GET / HTTP/1.1\r\na : x\r\n\r\n",
        "GET / HTTP/1.1\r\na: x\r\n y\r\n\r\n",
        "GET / HTTP/1.1\r\na: x\ny\r\n\r\n",
        "GET / HTTP/1.1\r\na: x\ry\r\n\r\n",
        "GET / HTTP/1.1\r\na: x\x01y\r\n\r\n",
        "GET / HTTP/1.1\r\na: 12345678\x7f\r\n\r\n",
        std::string("GET / HTTP/1.1\r\na: 1234567\0\r\n\r\n", 30),
        "GET / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        "GET / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n",
        "GET / HTTP/1.1\r\na: x\r\n\r\nmore"));

TEST(HeadScan, ReadsEveryByteOfAValueAsBeastDoes) {
    for (int byte = 0; byte < 256; ++byte) {
        for (const std::size_t place : {0U, 1U, 7U, 8U, 9U, 15U}) {
            std::string value(16, 'v');
            value[place] = static_cast<char>(byte);
            const std::string text = "GET / HTTP/1.1\r\na: " + value + "\r\n\r\n";
            RequestHead quick;
            RequestHead slow;
            HeadFacts facts;
            const bool is_taken = scan_request_head(text, quick, facts);

            EXPECT_EQ(is_taken, is_accepted_by_beast(text, slow)) << byte << " at " << place;
            EXPECT_EQ(is_taken ? quick.fields.value("a") : "", is_taken ? slow.fields.value("a") : "");
        }
    }
}

}  // namespace
}  // namespace pulse::net::detail
