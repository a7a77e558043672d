#include "gateway/sandbox/sandbox_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace pulse::gateway {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kChat = "/v1/chat/completions";

TEST(Sandbox, AnswersWithUsageThatCanBeCheckedByHand) {
    const SandboxAnswer answer =
        answer_in_sandbox(kChat, R"({"model":"sandbox-small","messages":[{"role":"user","content":"12345678"}]})");
    const auto body = boost::json::parse(answer.body).as_object();

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(body.at("usage").at("prompt_tokens").to_number<int>(), 2);
    EXPECT_EQ(body.at("usage").at("completion_tokens").to_number<int>(), 12);
    EXPECT_EQ(body.at("system_fingerprint").as_string(), "pulse-sandbox");
    EXPECT_THAT(answer.body, HasSubstr("no provider was called. You said: 12345678"));
}

TEST(Sandbox, GivesEqualRequestsEqualBytes) {
    constexpr std::string_view kBody = R"({"model":"m","messages":[{"role":"user","content":"hi"}]})";

    EXPECT_EQ(answer_in_sandbox(kChat, kBody).body, answer_in_sandbox(kChat, kBody).body);
}

TEST(Sandbox, HonoursTheOutputLimit) {
    const SandboxAnswer answer = answer_in_sandbox(
        kChat, R"({"model":"m","max_completion_tokens":3,"messages":[{"role":"user","content":"hi"}]})");

    EXPECT_THAT(answer.body, HasSubstr(R"("finish_reason":"length")"));
    EXPECT_THAT(answer.body, HasSubstr(R"("completion_tokens":3)"));
}

TEST(Sandbox, StreamsEventsAndUsageOnlyWhenAsked) {
    const SandboxAnswer plain = answer_in_sandbox(
        kChat, R"({"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]})");
    const SandboxAnswer with_usage = answer_in_sandbox(
        kChat,
        R"({"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]})");

    ASSERT_TRUE(plain.is_stream);
    EXPECT_EQ(plain.events.back(), "data: [DONE]\n\n");
    EXPECT_EQ(with_usage.events.size(), plain.events.size() + 1);
    EXPECT_THAT(with_usage.events[with_usage.events.size() - 2], HasSubstr(R"("choices":[],"usage":{)"));
    EXPECT_THAT(plain.events[plain.events.size() - 2], Not(HasSubstr("usage")));
}

TEST(Sandbox, EmbedsEveryInput) {
    const SandboxAnswer answer = answer_in_sandbox("/v1/embeddings", R"({"model":"e","input":["one","two!"]})");
    const auto body = boost::json::parse(answer.body).as_object();

    EXPECT_EQ(body.at("data").as_array().size(), 2U);
    EXPECT_EQ(body.at("usage").at("prompt_tokens").to_number<int>(), 2);
}

TEST(Sandbox, RefusesWhatIsNoRequest) {
    EXPECT_EQ(answer_in_sandbox(kChat, "[]").status, 400);
    EXPECT_EQ(answer_in_sandbox(kChat, "{").status, 400);
    EXPECT_EQ(answer_in_sandbox("/v1/images", R"({"model":"m"})").status, 404);
}

}  // namespace
}  // namespace pulse::gateway
