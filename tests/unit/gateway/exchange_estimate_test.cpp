// POST /v1/pulse/estimate, over real sockets; the provider is never asked.
#include "tests/unit/gateway/exchange_scripts.h"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::tests {
namespace {

using testing::HasSubstr;

[[nodiscard]] std::string ask(std::string_view body, std::string_view query = {}) {
    return "POST /v1/pulse/estimate" + std::string(query) +
           " HTTP/1.1\r\nhost: pulse\r\nauthorization: Bearer " + std::string(GatewayBench::kKey) +
           "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

[[nodiscard]] boost::json::object body_of(const std::string& answer) {
    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200"));
    return boost::json::parse(answer.substr(answer.find("\r\n\r\n") + 4)).as_object();
}

TEST(ExchangeEstimate, SaysTokensAndCostAndSendsNothing) {
    GatewayBench bench({}, {});
    ScriptedCaller caller(bench.port());

    caller.send(ask(
        R"({"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Say this is a test"}]})"));
    const auto answer = body_of(caller.read_answer());

    EXPECT_EQ(answer.at("object"), "pulse.estimate");
    EXPECT_EQ(answer.at("model"), "m");
    const auto& tokens = answer.at("tokens").as_object();
    EXPECT_GT(tokens.at("input").as_int64(), 5);
    EXPECT_GE(tokens.at("input_max").as_int64(), tokens.at("input").as_int64());
    EXPECT_EQ(tokens.at("output_max").as_int64(), 5);
    EXPECT_NE(answer.at("cost").at("worst_case").as_string(), "0");
    EXPECT_EQ(bench.provider().accepted(), 0U);
    EXPECT_EQ(bench.quota().reservations_open(), 0U);
    EXPECT_EQ(bench.rows().reserved(), 0);
}

TEST(ExchangeEstimate, CountsALongTextOnAnotherThread) {
    GatewayBench bench({}, {});
    ScriptedCaller caller(bench.port());
    std::string text;
    for (int i = 0; i < 40'000; ++i) {
        text += " word";
    }

    caller.send(ask(R"({"model":"m","prompt":")" + text + R"("})", "?api=completions"));
    const auto answer = body_of(caller.read_answer());
    caller.send(ask(R"({"model":"m","prompt":"short"})", "?api=completions"));

    EXPECT_GE(answer.at("tokens").at("input").as_int64(), 40'000);
    EXPECT_LT(body_of(caller.read_answer()).at("tokens").at("input").as_int64(), 50);
}

TEST(ExchangeEstimate, OutlivesACallerWhoHangsUp) {
    GatewayBench bench({}, {});
    {
        ScriptedCaller caller(bench.port());
        caller.send(
            ask(R"({"model":"m","messages":[{"role":"user","content":")" +
                std::string(2'000'000, 'x') + R"("}]})"));
    }
    ScriptedCaller other(bench.port());

    other.send(ask(R"({"model":"m","messages":[]})"));

    EXPECT_THAT(other.read_answer(), HasSubstr("HTTP/1.1 200"));
}

TEST(ExchangeEstimate, RefusesWhatACallWouldBeRefusedFor) {
    GatewayBench bench({.policy = R"({"allowed_models":["other"]})"}, {});
    ScriptedCaller caller(bench.port());

    caller.send(ask(R"({"model":"m","messages":[]})"));
    EXPECT_THAT(caller.read_answer(), HasSubstr("model_not_allowed"));
    caller.send(ask(R"({"messages":[]})"));
    EXPECT_THAT(caller.read_answer(), HasSubstr("'model' is missing"));
    caller.send(ask(R"({"model":"m","Model":"x"})"));
    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 400"));
    caller.send(ask(R"({"model":"m"})", "?api=nonsense"));
    EXPECT_THAT(caller.read_answer(), HasSubstr("takes chat.completions"));
}

TEST(ExchangeEstimate, CountsTokensForAnthropicsClients) {
    GatewayBench bench({}, {});
    ScriptedCaller caller(bench.port());
    const auto ask_count = [&](std::string_view key, std::string_view body) {
        caller.send(
            "POST /v1/messages/count_tokens HTTP/1.1\r\nhost: pulse\r\nx-api-key: " +
            std::string(key) + "\r\nanthropic-version: 2023-06-01\r\ncontent-length: " +
            std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
        return caller.read_answer();
    };

    const auto answer = body_of(ask_count(
        GatewayBench::kKey,
        R"({"model":"claude-sonnet-4-5","messages":[{"role":"user","content":"Hello, Claude"}]})"));
    EXPECT_GT(answer.at("input_tokens").as_int64(), 8);
    EXPECT_LT(answer.at("input_tokens").as_int64(), 30);
    EXPECT_THAT(
        ask_count(GatewayBench::kKey, R"({"messages":[]})"),
        HasSubstr(R"({"type":"error","error":{"type":"invalid_request_error")"));
    EXPECT_THAT(ask_count("sk-pulse-wrong", "{}"), HasSubstr(R"("type":"authentication_error")"));
}

TEST(ExchangeEstimate, ReadsEveryDialectsBody) {
    GatewayBench bench({}, {});
    ScriptedCaller caller(bench.port());

    caller.send(ask(R"({"model":"m","max_tokens":7,"messages":[{"role":"user","content":"hi"}]})", "?api=messages"));
    EXPECT_THAT(caller.read_answer(), HasSubstr(R"("output_max":7)"));
    caller.send(ask(
        R"({"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"maxOutputTokens":9}})",
        "?api=generateContent&model=m"));
    EXPECT_THAT(caller.read_answer(), HasSubstr(R"("output_max":9)"));
    caller.send(ask(R"({"messages":[],"inferenceConfig":{"maxTokens":11}})", "?api=converse&model=m%2Dx"));
    const std::string converse = caller.read_answer();
    EXPECT_THAT(converse, HasSubstr(R"("output_max":11)"));
    EXPECT_THAT(converse, HasSubstr(R"("model":"m-x")"));
    caller.send(ask(R"({"contents":[]})", "?api=generateContent"));
    EXPECT_THAT(caller.read_answer(), HasSubstr("say it as `?model=`"));
}

}  // namespace
}  // namespace pulse::tests
