#include "llm/answer_meter.h"
#include "tests/unit/llm/padded.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::llm {
namespace {

MeterReading reading_of(const std::string& text, Api api = Api::chat_completions) {
    return read_answer(
        {.provider_kind = "openai", .api = api, .content_type = {}, .model = {}},
        {},
        Padded{text}.view());
}

TEST(OpenAiAnswer, ReadsAChatAnswer) {
    const MeterReading reading = reading_of(
        R"({"id":"chatcmpl-1","object":"chat.completion","model":"gpt-4o-2024-08-06","choices":[{"index":0,"message":
            {"role":"assistant","content":"Hi \u00e9","refusal":null,"tool_calls":[{"id":"c","type":"function","function":
            {"name":"f","arguments":"{\"a\":1}"}}]},"logprobs":{"content":[{"token":"x"}]},"finish_reason":"tool_calls"}],
            "usage":{"prompt_tokens":8,"completion_tokens":3,"total_tokens":11},"service_tier":"flex"})");

    EXPECT_TRUE(reading.is_readable);
    EXPECT_FALSE(reading.is_error);
    EXPECT_TRUE(reading.usage_present);
    EXPECT_EQ(reading.usage, (Usage{.input_uncached = 8, .output_total = 3}));
    EXPECT_EQ(reading.response_id, "chatcmpl-1");
    EXPECT_EQ(reading.model, "gpt-4o-2024-08-06");
    EXPECT_EQ(reading.service_tier, "flex");
    EXPECT_EQ(reading.finish_reason, "tool_calls");
    EXPECT_EQ(reading.delivered_text_bytes, 5 + 7);
}

TEST(OpenAiAnswer, ReadsALegacyCompletion) {
    const MeterReading reading = reading_of(
        R"({"id":"cmpl-1","model":"davinci-002","choices":[{"text":"abc","index":0,"finish_reason":"length"},
            {"text":"defg","index":1,"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}})",
        Api::completions);

    EXPECT_EQ(reading.finish_reason, "stop");
    EXPECT_EQ(reading.delivered_text_bytes, 7);
}

TEST(OpenAiAnswer, ReadsAnEmbedding) {
    const MeterReading reading = reading_of(
        R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.1,-0.2,3e-5]}],
            "model":"text-embedding-3-small","usage":{"prompt_tokens":5,"total_tokens":5}})",
        Api::embeddings);

    EXPECT_EQ(reading.model, "text-embedding-3-small");
    EXPECT_EQ(reading.usage, (Usage{.input_uncached = 5}));
    EXPECT_EQ(reading.finish_reason, "");
}

TEST(OpenAiAnswer, FinishReasonIsTheLastOneStated) {
    EXPECT_EQ(
        reading_of(
            R"({"choices":[{"index":1,"finish_reason":"length"},{"finish_reason":"stop","index":0}]})")
            .finish_reason,
        "stop");
}

TEST(OpenAiAnswer, CountsEveryKindOfDeliveredText) {
    const MeterReading reading = reading_of(
        R"({"choices":[{"message":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"12"}]},
            {"type":"text","text":"345"}],"refusal":"no","reasoning_content":"think","reasoning":"think",
            "function_call":{"name":"f","arguments":"{}"}}}]})");

    EXPECT_EQ(reading.delivered_text_bytes, 2 + 3 + 2 + 5 + 2);
}

TEST(OpenAiAnswer, AbsentAndNullUsageIsNotPresent) {
    EXPECT_FALSE(reading_of(R"({"choices":[]})").usage_present);
    EXPECT_FALSE(reading_of(R"({"usage":null})").usage_present);
    EXPECT_FALSE(reading_of(R"({"usage":{}})").usage_present);
    EXPECT_FALSE(reading_of(R"({"usage":[]})").usage_present);
    EXPECT_TRUE(reading_of(R"({"usage":{"prompt_tokens":0}})").usage_present);
}

TEST(OpenAiAnswer, NestedUsageIsNotTheAnswers) {
    EXPECT_FALSE(
        reading_of(
            R"({"choices":[{"usage":{"prompt_tokens":5}}],"x":{"usage":{"prompt_tokens":5}}})")
            .usage_present);
}

struct ErrorCase {
    std::string body;
    std::string code;
};

class OpenAiAnswerError : public testing::TestWithParam<ErrorCase> {};

TEST_P(OpenAiAnswerError, IsSeen) {
    const MeterReading reading = reading_of(GetParam().body);

    EXPECT_TRUE(reading.is_error);
    EXPECT_EQ(reading.error_code, GetParam().code);
}

INSTANTIATE_TEST_SUITE_P(
    All,
    OpenAiAnswerError,
    testing::Values(
        ErrorCase{
            R"({"error":{"message":"m","type":"invalid_request_error","param":null,"code":"model_not_found"}})",
            "model_not_found"},
        ErrorCase{
            R"({"error":{"message":"m","type":"invalid_request_error","param":null,"code":null}})",
            "invalid_request_error"},
        ErrorCase{R"({"error":{"code":429,"message":"m"}})", "429"},
        ErrorCase{R"({"error":{"message":"m"}})", ""},
        ErrorCase{R"({"error":"something"})", ""},
        ErrorCase{
            R"({"object":"error","message":"m","type":"invalid_model","param":null,"code":"1500"})",
            "1500"},
        ErrorCase{R"({"object":"error","message":"m","type":"invalid_model"})", "invalid_model"}));

TEST(OpenAiAnswer, ANullErrorIsNone) {
    EXPECT_FALSE(reading_of(R"({"error":null,"choices":[]})").is_error);
}

class UnreadableOpenAiAnswer : public testing::TestWithParam<std::string> {};

TEST_P(UnreadableOpenAiAnswer, SaysSo) {
    const MeterReading reading = reading_of(GetParam());

    EXPECT_FALSE(reading.is_readable);
    EXPECT_FALSE(reading.usage_present);
}

INSTANTIATE_TEST_SUITE_P(
    All,
    UnreadableOpenAiAnswer,
    testing::Values(
        "",
        "<html>502 Bad Gateway</html>",
        "[]",
        "\"x\"",
        R"({"choices":[)",
        R"({"choices":[}})",
        R"({"choices":[{]})",
        "{\"model\":\"\xFF\"}",
        R"({"model":"m"}{"model":"n"})"));

TEST(OpenAiAnswer, BoundsTheWordsThatItKeeps) {
    const std::string word(10'000, 'x');

    const MeterReading reading = reading_of(
        R"({"id":")" + word + R"(","model":")" + word + R"(","error":{"code":")" + word +
        R"("},"choices":[{"finish_reason":")" + word + R"("}]})");

    EXPECT_EQ(reading.response_id.size(), 256U);
    EXPECT_EQ(reading.model.size(), 256U);
    EXPECT_EQ(reading.error_code.size(), 256U);
    EXPECT_EQ(reading.finish_reason.size(), 256U);
}

TEST(OpenAiAnswer, ResolvesEscapesInWords) {
    EXPECT_EQ(reading_of(R"({"model":"meta\/llama"})").model, "meta/llama");
}

TEST(OpenAiAnswer, KeepsTheProvidersCost) {
    EXPECT_EQ(
        reading_of(R"({"usage":{"prompt_tokens":1,"cost":3.6e-06}})").stated_cost,
        Money::from_pico(3'600'000));
}

}  // namespace
}  // namespace pulse::llm
