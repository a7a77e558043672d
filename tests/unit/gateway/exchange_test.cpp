// Buffered answers through the exchange, over real sockets, provider and caller scripted.
#include "tests/unit/gateway/exchange_scripts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>

namespace pulse::tests {
namespace {

using storage::Outcome;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

TEST(Exchange, AnswersWithTheProvidersBytesAndTheCost) {
    GatewayBench bench({}, {answer_once});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::plain_chat());
    const std::string answer = caller.read_answer();
    const auto row = bench.rows().next();

    EXPECT_THAT(answer, EndsWith(std::string(kBody)));
    EXPECT_THAT(answer, HasSubstr("x-pulse-cost: 0.000015\r\n"));
    EXPECT_THAT(answer, HasSubstr("x-pulse-cost-status: exact\r\n"));
    ASSERT_NE(row, nullptr);
    EXPECT_THAT(answer, HasSubstr("x-pulse-request-id: " + row->record().id.to_string()));
    EXPECT_EQ(row->record().cost, Money::from_pico(15'000'000));
    EXPECT_EQ(row->record().usage.input_uncached, 10);
    EXPECT_EQ(row->record().outcome, Outcome::answered);
    EXPECT_EQ(row->record().usage_source, UsageSource::provider);
}

TEST(Exchange, WritesTheRowBeforeTheLastByteLeaves) {
    GatewayBench bench({}, {answer_once});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::plain_chat());
    static_cast<void>(caller.read_answer());

    EXPECT_EQ(bench.rows().unread(), 1U);
}

TEST(Exchange, ReusesTheProvidersConnection) {
    GatewayBench bench({}, {[](ScriptedConnection& connection) {
                           for (int i = 0; i < 3; ++i) {
                               static_cast<void>(connection.read_request());
                               connection.send(json_answer(kBody));
                           }
                           static_cast<void>(connection.await_close());
                       }});
    ScriptedCaller caller(bench.port());

    for (int i = 0; i < 3; ++i) {
        caller.send(GatewayBench::plain_chat());
        EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 200"));
    }

    EXPECT_EQ(bench.provider().accepted(), 1U);
}

TEST(Exchange, ServesPipelinedRequestsInOrder) {
    GatewayBench bench({}, {[](ScriptedConnection& connection) {
                           for (int i = 0; i < 2; ++i) {
                               static_cast<void>(connection.read_request());
                               connection.send(json_answer(i == 0 ? R"({"n":1})" : R"({"n":2})"));
                           }
                           static_cast<void>(connection.await_close());
                       }});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::plain_chat() + GatewayBench::plain_chat());

    EXPECT_THAT(caller.read_answer(), EndsWith(R"({"n":1})"));
    EXPECT_THAT(caller.read_answer(), EndsWith(R"({"n":2})"));
}

TEST(Exchange, SkipsInformationalAnswers) {
    GatewayBench bench(
        {}, {[](ScriptedConnection& connection) {
            static_cast<void>(connection.read_request());
            connection.send("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + json_answer(kBody));
            static_cast<void>(connection.await_close());
        }});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::plain_chat());
    const std::string answer = caller.read_answer();

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200"));
    EXPECT_THAT(answer, Not(HasSubstr("HTTP/1.1 103")));
    EXPECT_THAT(answer, Not(HasSubstr("link:")));
}

TEST(Exchange, RelaysALargeAnswerWithItsLengthAndMetersIt) {
    const std::string filler(200'000, 'x');
    const std::string body =
        R"({"pad":")" + filler +
        R"(","model":"m","usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}})";
    GatewayBench bench({.answer_buffer = 64 * 1024}, {[&](ScriptedConnection& connection) {
                           static_cast<void>(connection.read_request());
                           connection.send(json_answer(body));
                           static_cast<void>(connection.await_close());
                       }});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::plain_chat());
    const std::string answer = caller.read_answer();
    const auto row = bench.rows().next();

    EXPECT_THAT(answer, Not(HasSubstr("x-pulse-cost")));
    EXPECT_EQ(answer.substr(answer.find("\r\n\r\n") + 4), body);
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->record().cost, Money::from_pico(15'000'000));
}

TEST(Exchange, TakesAHeadThatFillsTheReadBuffer) {
    std::string head =
        "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(kBody.size()) + "\r\nx-pad: ";
    head.append(16 * 1024 - head.size() - 4, 'p').append("\r\n\r\n");
    GatewayBench bench({}, {[&](ScriptedConnection& connection) {
                           static_cast<void>(connection.read_request());
                           connection.send(head);
                           connection.send(kBody);
                           static_cast<void>(connection.await_close());
                       }});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::plain_chat());

    EXPECT_THAT(caller.read_answer(), EndsWith(std::string(kBody)));
}

}  // namespace
}  // namespace pulse::tests
