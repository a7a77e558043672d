#include "app/explain/recorded_answer.h"

#include "app/explain/api_name.h"
#include "app/explain/explanation.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::app {
namespace {

namespace json = boost::json;

Result<RecordedAnswer> parsed(const std::string& text) {
    return parse_exchange(json::parse(text));
}

TEST(RecordedAnswer, TakesWhatAnExchangeSays) {
    const auto answer = parsed(
        R"({"provider":"bedrock","api":"bedrock.converse-stream","request":{
            "url":"https://b.example/model/us.anthropic.claude-3%3A0/converse-stream?x=1"},
            "response":{"status":200,"headers":{"Content-Encoding":"gzip","X-Amzn-RequestId":"r"},
            "framing":"aws-eventstream","body_base64":"aGk="}})");

    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->api, Api::converse);
    EXPECT_TRUE(answer->is_stream);
    EXPECT_EQ(answer->content_type, "application/vnd.amazon.eventstream");
    EXPECT_EQ(answer->model_requested, "us.anthropic.claude-3:0");
    EXPECT_EQ(answer->body, "hi");
    ASSERT_EQ(answer->head.size(), 1U) << "the body is kept inflated";
    EXPECT_EQ(answer->head[0].name, "X-Amzn-RequestId");
}

TEST(RecordedAnswer, TheBodysModelIsTheAddressedOne) {
    const auto answer = parsed(
        R"({"provider":"openai","api":"chat.completions","streaming":true,"request":{"url":"https://a/v1/chat/completions",
            "body":{"model":"gpt-4o"}},"response":{"status":200,"headers":{"content-type":"**REDACTED**"},
            "framing":"sse","body_text":""}})");

    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->model_requested, "gpt-4o");
    EXPECT_EQ(answer->content_type, "text/event-stream");
    EXPECT_TRUE(answer->is_stream);
}

TEST(RecordedAnswer, SaysWhatIsWrong) {
    EXPECT_FALSE(parsed("[]").has_value());
    EXPECT_FALSE(parsed(R"({"provider":"openai","api":"chat.completions"})").has_value());
    EXPECT_FALSE(parsed(R"({"provider":"openai","api":"nope","response":{}})").has_value());
    const auto encoded =
        parsed(R"({"provider":"openai","api":"audio.speech","response":{"body_base64":"!!!!"}})");
    ASSERT_FALSE(encoded.has_value());
    EXPECT_NE(encoded.error().detail().find("body_base64"), std::string::npos);
}

TEST(ApiName, MayMeanAnotherApiAtAnotherProvider) {
    EXPECT_EQ(parse_api_name("cohere", "chat")->api, Api::cohere_chat);
    EXPECT_EQ(parse_api_name("writer", "chat")->api, Api::chat_completions);
    EXPECT_TRUE(parse_api_name("gemini", "streamGenerateContent")->is_stream);
    EXPECT_FALSE(parse_api_name("openai", "").has_value());
}

TEST(Explained, WhatOnlyCountsCostsNothing) {
    const auto answer = parsed(
        R"({"provider":"anthropic","api":"messages.count_tokens","response":{"status":200,"framing":"json",
            "body_text":"{\"input_tokens\":588}"}})");
    ASSERT_TRUE(answer.has_value());

    const json::object line = explained(
        *answer, metered(*answer, std::nullopt), *pricing::Catalog::builtin(), TimePoint{});

    EXPECT_EQ(line.at("usage").at("input"), 588);
    EXPECT_EQ(line.at("cost"), "0");
}

TEST(Explained, AnAnswerWithoutUsageHasNoCostYet) {
    const auto answer = parsed(
        R"({"provider":"openai","api":"chat.completions","response":{"status":200,"framing":"json",
            "body_text":"{\"model\":\"gpt-4o\",\"choices\":[]}"}})");
    ASSERT_TRUE(answer.has_value());

    const json::object line = explained(
        *answer, metered(*answer, std::nullopt), *pricing::Catalog::builtin(), TimePoint{});

    EXPECT_TRUE(line.at("cost").is_null());
    EXPECT_TRUE(line.at("billable").is_null());
    EXPECT_EQ(line.at("usage_source"), "none");
}

}  // namespace
}  // namespace pulse::app
