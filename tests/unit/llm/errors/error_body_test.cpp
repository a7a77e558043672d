#include "llm/errors/error_body.h"

#include "llm/eventstream/event_stream_scanner.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::llm {
namespace {

namespace json = boost::json;

[[nodiscard]] json::value body_of(Dialect dialect, const Error& error, int status) {
    std::string out;
    append_error_body(dialect, error, status, "0190", out);
    return json::parse(out);
}

TEST(ErrorBody, AnthropicsTypesAreItsOwnAndOurCodeStandsInTheDetails) {
    const json::value limit = body_of(Dialect::anthropic, Error(Errc::rate_limited, "slow"), 429);
    EXPECT_EQ(limit.at_pointer("/error/type").as_string(), "rate_limit_error");
    EXPECT_EQ(limit.at_pointer("/error/message").as_string(), "slow");
    EXPECT_EQ(limit.at_pointer("/error/details/error_code").as_string(), "rate_limit_exceeded");
    EXPECT_EQ(limit.at("request_id").as_string(), "0190");

    const json::value budget = body_of(Dialect::anthropic, Error(Errc::budget_exhausted), 429);
    EXPECT_EQ(
        budget.at_pointer("/error/details/error_code").as_string(), "enforced_spend_limit_reached");
    const json::value draining = body_of(Dialect::anthropic, Error(Errc::overloaded), 503);
    EXPECT_EQ(draining.at_pointer("/error/type").as_string(), "api_error")
        << "overloaded_error is 529's";
}

TEST(ErrorBody, GooglesHasAnIntegerCodeAndACanonicalStatus) {
    const json::value error =
        body_of(Dialect::gemini, Error(Errc::model_not_found, "no such model"), 404);
    EXPECT_EQ(error.at_pointer("/error/code").as_int64(), 404);
    EXPECT_EQ(error.at_pointer("/error/status").as_string(), "NOT_FOUND");
    EXPECT_EQ(error.at_pointer("/error/details/0/reason").as_string(), "model_not_found");
}

TEST(ErrorBody, AmazonsTypeStandsInTheHead) {
    const Error budget(Errc::budget_exhausted, "used up");
    EXPECT_EQ(body_of(Dialect::bedrock, budget, 400).at("message").as_string(), "used up");
    EXPECT_EQ(error_type_field(Dialect::bedrock, budget), "ServiceQuotaExceededException");
    EXPECT_EQ(error_shape(Dialect::bedrock, Errc::budget_exhausted).status, 400)
        << "its clients retry any 429";
    EXPECT_EQ(error_type_field(Dialect::bedrock, Error(Errc::rate_limited)), "ThrottlingException");
    EXPECT_EQ(error_type_field(Dialect::openai, budget), "");
}

[[nodiscard]] std::string stream_error(
    Dialect dialect, Api api, StreamFraming framing, bool is_first = false) {
    std::string out;
    append_stream_error(
        dialect, api, framing, Error(Errc::upstream_bad_answer, "cut"), is_first, out);
    return out;
}

TEST(StreamError, IsWhatEachDialectsClientsRaise) {
    using testing::HasSubstr;
    using testing::StartsWith;
    EXPECT_THAT(
        stream_error(Dialect::openai, Api::chat_completions, StreamFraming::sse),
        StartsWith(R"(data: {"error":{"message":"cut")"));
    EXPECT_THAT(
        stream_error(Dialect::openai, Api::responses, StreamFraming::sse),
        StartsWith("event: error\ndata: "
                   "{\"type\":\"error\",\"code\":\"upstream_bad_answer\",\"message\":\"cut\""));
    EXPECT_THAT(
        stream_error(Dialect::anthropic, Api::messages, StreamFraming::sse),
        StartsWith("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\""));
    const std::string gemini =
        stream_error(Dialect::gemini, Api::generate_content, StreamFraming::sse);
    EXPECT_THAT(gemini, StartsWith(R"(data: {"error":{"code":502)"));
    EXPECT_THAT(gemini, testing::Not(HasSubstr("event:")))
        << "its clients take each other line for JSON";
}

TEST(StreamError, EndsAJsonArray) {
    const std::string first =
        stream_error(Dialect::gemini, Api::generate_content, StreamFraming::json_array, true);
    EXPECT_TRUE(json::parse(first).is_array());
    const std::string later =
        stream_error(Dialect::gemini, Api::generate_content, StreamFraming::json_array);
    EXPECT_TRUE(json::parse(R"([{"a":1})" + later).is_array());
}

TEST(StreamError, IsAnExceptionFrameForAmazonsClients) {
    const std::string frame =
        stream_error(Dialect::bedrock, Api::converse, StreamFraming::eventstream);
    EXPECT_THAT(frame, testing::HasSubstr("modelStreamErrorException"));
    EXPECT_THAT(frame, testing::HasSubstr(R"({"message":"cut"})"));
}

}  // namespace
}  // namespace pulse::llm
