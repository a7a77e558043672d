#include "net/websocket/handshake.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::net::websocket {
namespace {

RequestHead opening(
    const std::string& fields, const std::string& line = "GET /v1/realtime HTTP/1.1") {
    static std::string text;
    text = line + "\r\nhost: x\r\n" + fields + "\r\n";
    RequestHead head;
    EXPECT_TRUE(parse_request_head(text, head));
    return head;
}

const std::string kUpgrade = "connection: keep-alive, Upgrade\r\nupgrade: WebSocket\r\n";
const std::string kVersion = "sec-websocket-version: 13\r\n";
const std::string kKey = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

Errc code_of(const Result<void>& result) {
    return result ? Errc::internal : result.error().code();
}

TEST(WebSocketHandshake, AnswersTheKeyOfTheStandard) {
    EXPECT_EQ(
        accept_of("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // RFC 6455 §1.3
}

TEST(WebSocketHandshake, TakesAnOpeningAndNamesWhatABrokenOneLacks) {
    EXPECT_TRUE(check_opening(opening(kUpgrade + kVersion + kKey)));
    EXPECT_EQ(code_of(check_opening(opening(""))), Errc::upgrade_required);
    EXPECT_EQ(
        code_of(
            check_opening(opening("connection: upgrade\r\nupgrade: h2c\r\n" + kVersion + kKey))),
        Errc::upgrade_required);
    EXPECT_EQ(
        code_of(check_opening(opening(kUpgrade + "sec-websocket-version: 8\r\n" + kKey))),
        Errc::upgrade_required);
    EXPECT_EQ(code_of(check_opening(opening(kUpgrade + kVersion))), Errc::invalid_request);
    EXPECT_EQ(
        code_of(check_opening(opening(kUpgrade + kVersion + "sec-websocket-key: short\r\n"))),
        Errc::invalid_request);
    EXPECT_EQ(
        code_of(check_opening(opening(kUpgrade + kVersion + kKey, "POST /v1/realtime HTTP/1.1"))),
        Errc::invalid_request);
    EXPECT_EQ(
        code_of(check_opening(opening(kUpgrade + kVersion + kKey + "content-length: 2\r\n"))),
        Errc::invalid_request);
}

TEST(WebSocketHandshake, MakesKeysThatAreNewAndWellFormed) {
    const std::string first = make_key();
    EXPECT_NE(first, make_key());
    EXPECT_TRUE(
        check_opening(opening(kUpgrade + kVersion + "sec-websocket-key: " + first + "\r\n")));
}

ResponseHead answer(
    const std::string& fields, const std::string& line = "HTTP/1.1 101 Switching Protocols") {
    static std::string text;
    text = line + "\r\n" + fields + "\r\n";
    ResponseHead head;
    EXPECT_TRUE(parse_response_head(text, "GET", head));
    return head;
}

TEST(WebSocketHandshake, AcceptsAServersAnswerOnlyWhenItFitsTheOffer) {
    const std::string key = "dGhlIHNhbXBsZSBub25jZQ==";
    const std::string good =
        "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: "
        "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
    EXPECT_TRUE(check_accepted(answer(good), key, ""));
    EXPECT_TRUE(check_accepted(answer(good), key, "realtime"));
    EXPECT_TRUE(
        check_accepted(answer(good + "sec-websocket-protocol: realtime\r\n"), key, "realtime, x"));
    EXPECT_FALSE(check_accepted(answer(good + "sec-websocket-protocol: realtime\r\n"), key, ""));
    EXPECT_FALSE(
        check_accepted(answer(good + "sec-websocket-extensions: permessage-deflate\r\n"), key, ""));
    EXPECT_FALSE(check_accepted(answer(good), make_key(), ""));
    EXPECT_FALSE(check_accepted(answer("content-length: 0\r\n", "HTTP/1.1 200 OK"), key, ""));
}

TEST(WebSocketHandshake, WalksOverSubprotocols) {
    std::string_view list = " realtime ,, openai-insecure-api-key.k,";
    std::string_view protocol;
    ASSERT_TRUE(next_protocol(list, protocol));
    EXPECT_EQ(protocol, "realtime");
    ASSERT_TRUE(next_protocol(list, protocol));
    EXPECT_EQ(protocol, "openai-insecure-api-key.k");
    EXPECT_FALSE(next_protocol(list, protocol));
}

}  // namespace
}  // namespace pulse::net::websocket
