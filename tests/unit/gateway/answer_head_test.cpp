#include "gateway/exchange/answer_head.h"

#include "tests/support/head_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::gateway {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

[[nodiscard]] std::string passed(
    std::initializer_list<net::Field> fields, CallerFields options = {}) {
    const test::HeadFields all(fields);
    std::string out;
    append_caller_fields(out, all.fields(), options);
    return out;
}

TEST(AppendCallerFields, DropsFramingCookiesAndOurAccountAtTheProvider) {
    const std::string out = passed(
        {{"Transfer-Encoding", "chunked"},
         {"Content-Length", "12"},
         {"Connection", "keep-alive"},
         {"Set-Cookie", "__cf_bm=1"},
         {"alt-svc", "h3"},
         {"OpenAI-Organization", "ours"},
         {"openai-project", "ours"},
         {"x-pulse-cost", "0"},
         {"x-litellm-response-cost", "0"}});

    EXPECT_EQ(out, "");
}

TEST(AppendCallerFields, RenamesTheProvidersRateLimits) {
    const std::string out = passed(
        {{"x-ratelimit-remaining-requests", "9"}, {"anthropic-ratelimit-tokens-limit", "8"}});

    EXPECT_EQ(
        out,
        "llm_provider-x-ratelimit-remaining-requests: "
        "9\r\nllm_provider-anthropic-ratelimit-tokens-limit: 8\r\n");
}

TEST(AppendCallerFields, PassesTheRestAndNotesTheRequestId) {
    const test::HeadFields all{
        {"content-type", "application/json"},
        {"X-Request-Id", "req_1"},
        {"openai-processing-ms", "12"},
        {"retry-after", "3"}};
    CallerFields options;
    std::string out;

    append_caller_fields(out, all.fields(), options);

    EXPECT_TRUE(options.has_request_id);
    EXPECT_EQ(
        out,
        "content-type: application/json\r\nX-Request-Id: req_1\r\nopenai-processing-ms: "
        "12\r\nretry-after: 3\r\n");
}

TEST(AppendCallerFields, LeavesOriginsToPulseWherePulseSpeaksOfThem) {
    const std::initializer_list<net::Field> fields{
        {"Access-Control-Allow-Origin", "*"},
        {"content-type", "text/plain"},
        {"access-control-expose-headers", "X-Request-ID"}};

    EXPECT_EQ(passed(fields, {.skip_access_control = true}), "content-type: text/plain\r\n");
    EXPECT_THAT(passed(fields), HasSubstr("Access-Control-Allow-Origin: *\r\n"));
}

TEST(AppendCallerFields, KeepsTheRestOfAnUploadBelowPulse) {
    const std::initializer_list<net::Field> fields{
        {"x-goog-upload-status", "active"},
        {"X-Goog-Upload-URL", "https://generativelanguage.googleapis.com/upload/v1beta/files?upload_id=a"},
        {"content-type", "text/plain"}};
    const std::string base = "http://pulse:8080/gemini";

    EXPECT_EQ(
        passed(fields, {.upload_base = &base}),
        "x-goog-upload-status: active\r\n"
        "X-Goog-Upload-URL: http://pulse:8080/gemini/upload/v1beta/files?upload_id=a\r\n"
        "content-type: text/plain\r\n");
}

TEST(AppendCallerFields, LeavesNothingOfADroppedFieldBetweenPassedOnes) {
    const std::string out = passed(
        {{"a", "1"},
         {"b", "2"},
         {"set-cookie", "secret"},
         {"c", ""},
         {"x-ratelimit-limit-tokens", "5"},
         {"d", "4"},
         {"connection", "close"}});

    EXPECT_EQ(out, "a: 1\r\nb: 2\r\nc:\r\nllm_provider-x-ratelimit-limit-tokens: 5\r\nd: 4\r\n");
}

TEST(AppendOpenAiDuration, WritesWaitsAsOpenAiDoes) {
    const auto written = [](std::chrono::milliseconds wait) {
        std::string out;
        append_openai_duration(out, wait);
        return out;
    };

    EXPECT_EQ(written(0ms), "0ms");
    EXPECT_EQ(written(12ms), "12ms");
    EXPECT_EQ(written(1s), "1s");
    EXPECT_EQ(written(1'001ms), "2s");
    EXPECT_EQ(written(6min), "6m0s");
    EXPECT_EQ(written(1h + 2min + 3s), "1h2m3s");
    EXPECT_EQ(written(-5ms), "0ms");
}

TEST(AppendRateFields, SaysNothingOfLimitsThatAreNotThere) {
    std::string out;
    append_rate_fields(out, {});
    EXPECT_EQ(out, "");

    append_rate_fields(
        out,
        {.requests_limit = 600,
         .requests_remaining = 599,
         .requests_reset = 100ms,
         .tokens_limit = -1});
    EXPECT_THAT(out, HasSubstr("x-ratelimit-limit-requests: 600\r\n"));
    EXPECT_THAT(out, HasSubstr("x-ratelimit-remaining-requests: 599\r\n"));
    EXPECT_THAT(out, HasSubstr("x-ratelimit-reset-requests: 100ms\r\n"));
    EXPECT_THAT(out, Not(HasSubstr("tokens")));
}

TEST(AppendField, WritesMoneyExactly) {
    std::string out;
    append_field(out, "x-pulse-cost", Money::from_pico(18'000'001));
    EXPECT_EQ(out, "x-pulse-cost: 0.000018000001\r\n");
}

}  // namespace
}  // namespace pulse::gateway
