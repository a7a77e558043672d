// Streams through the exchange, over real sockets.
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

TEST(ExchangeStream, AsksForTheUsageChunkAndDoesNotShowIt) {
    std::string asked;
    GatewayBench bench({}, {[&](ScriptedConnection& connection) {
                           asked = connection.read_request();
                           connection.send(
                               std::string(kSseHead) + chunk(kContent) + chunk(kFinish) +
                               chunk(kUsage) + chunk(kDone) + "0\r\n\r\n");
                           static_cast<void>(connection.await_close());
                       }});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::stream_chat());
    const std::string answer = caller.read_until("0\r\n\r\n");
    const auto row = bench.rows().next();

    EXPECT_THAT(asked, HasSubstr("\"include_usage\":true"));
    EXPECT_THAT(answer, HasSubstr("hello"));
    EXPECT_THAT(answer, HasSubstr("[DONE]"));
    EXPECT_THAT(answer, Not(HasSubstr("prompt_tokens")));
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->record().cost, Money::from_pico(15'000'000));
}

TEST(ExchangeStream, WritesTheCostIntoAUsageChunkThatWasAskedFor) {
    GatewayBench bench({}, {[](ScriptedConnection& connection) {
                           static_cast<void>(connection.read_request());
                           connection.send(
                               std::string(kSseHead) + chunk(kContent) + chunk(kFinish) +
                               chunk(kUsage) + chunk(kDone) + "0\r\n\r\n");
                           static_cast<void>(connection.await_close());
                       }});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::chat(
        R"({"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[]})"));

    EXPECT_THAT(caller.read_until("0\r\n\r\n"), HasSubstr("\"cost\":0.000015"));
}

TEST(ExchangeStream, SendsAgainWithoutTheUsageOptionThatAProviderDoesNotKnow) {
    std::vector<std::string> asked;
    GatewayBench bench(
        {}, {[&](ScriptedConnection& connection) {
            asked.push_back(connection.read_request());
            constexpr std::string_view kRefusal =
                R"({"error":{"message":"unknown field stream_options"}})";
            connection.send(
                "HTTP/1.1 400 Bad Request\r\ncontent-length: " + std::to_string(kRefusal.size()) +
                "\r\n\r\n" + std::string(kRefusal));
            for (int i = 0; i < 2; ++i) {
                asked.push_back(connection.read_request());
                connection.send(
                    std::string(kSseHead) + chunk(kContent) + chunk(kFinish) + chunk(kDone) +
                    "0\r\n\r\n");
            }
            static_cast<void>(connection.await_close());
        }});
    ScriptedCaller caller(bench.port());

    for (int i = 0; i < 2; ++i) {
        caller.send(GatewayBench::stream_chat());
        EXPECT_THAT(caller.read_until("0\r\n\r\n"), HasSubstr("[DONE]"));
    }

    ASSERT_EQ(asked.size(), 3U);
    EXPECT_THAT(asked[0], HasSubstr("include_usage"));
    EXPECT_THAT(asked[1], Not(HasSubstr("include_usage")));
    EXPECT_THAT(asked[2], Not(HasSubstr("include_usage")));
    const auto row = bench.rows().next();
    EXPECT_EQ(row->record().usage_source, UsageSource::counted);
    ASSERT_EQ(row->record().attempts.size(), 2U);
    EXPECT_EQ(row->record().attempts[0].status, 400);
    EXPECT_EQ(row->record().attempts[0].outcome, storage::Outcome::provider_error);
    EXPECT_EQ(row->record().attempts[0].usage_source, UsageSource::none);
    EXPECT_EQ(row->record().attempts[1].status, 200);
    EXPECT_EQ(row->record().attempts[1].cost, row->record().cost);
    EXPECT_EQ(bench.rows().next()->record().attempts.size(), 1U);
}

TEST(ExchangeStream, KeepsAConnectionWhoseLastChunkComesLate) {
    GatewayBench bench(
        {},
        {[](ScriptedConnection& connection) {
             static_cast<void>(connection.read_request());
             connection.send(
                 std::string(kSseHead) + chunk(kContent) + chunk(kFinish) + chunk(kDone));
             connection.send("0\r\n\r\n");
             static_cast<void>(connection.read_request());
             connection.send(json_answer(kBody));
             static_cast<void>(connection.await_close());
         },
         answer_once});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::stream_chat());
    EXPECT_THAT(caller.read_until("0\r\n\r\n"), HasSubstr("[DONE]"));
    caller.send(GatewayBench::plain_chat());

    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 200"));
}

TEST(ExchangeStream, EndsAStreamForHttp10ByClosing) {
    GatewayBench bench({}, {[](ScriptedConnection& connection) {
                           static_cast<void>(connection.read_request());
                           connection.send(
                               std::string(kSseHead) + chunk(kContent) + chunk(kFinish) +
                               chunk(kDone) + "0\r\n\r\n");
                           static_cast<void>(connection.await_close());
                       }});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::chat(R"({"model":"m","stream":true,"messages":[]})", "HTTP/1.0"));
    const std::string answer = caller.read_to_end();

    EXPECT_THAT(answer, Not(HasSubstr("chunked")));
    EXPECT_THAT(answer, EndsWith(std::string(kDone)));
}

TEST(ExchangeStream, TakesTheEndOfABodyForTheEndOfAStreamThatSaidItsReason) {
    GatewayBench bench({}, {[](ScriptedConnection& connection) {
                           static_cast<void>(connection.read_request());
                           connection.send(
                               "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" +
                               std::string(kContent) + std::string(kFinish));
                       }});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::stream_chat());
    const std::string answer = caller.read_until("0\r\n\r\n");
    const auto row = bench.rows().next();

    EXPECT_THAT(answer, HasSubstr("\"finish_reason\":\"stop\""));
    EXPECT_THAT(answer, Not(HasSubstr("error")));
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->record().outcome, Outcome::answered);
}

TEST(ExchangeStream, DoesNotLetACallerTurnTheUsageOptionOff) {
    std::vector<std::string> asked;
    GatewayBench bench({}, {[&](ScriptedConnection& connection) {
                           constexpr std::string_view kRefusal =
                               R"({"error":{"message":"include_usagex is unknown"}})";
                           for (int i = 0; i < 2; ++i) {
                               asked.push_back(connection.read_request());
                               connection.send(
                                   "HTTP/1.1 400 Bad Request\r\ncontent-length: " +
                                   std::to_string(kRefusal.size()) + "\r\n\r\n" +
                                   std::string(kRefusal));
                           }
                           asked.push_back(connection.read_request());
                           connection.send(
                               std::string(kSseHead) + chunk(kContent) + chunk(kFinish) +
                               chunk(kUsage) + chunk(kDone) + "0\r\n\r\n");
                           static_cast<void>(connection.await_close());
                       }});
    ScriptedCaller caller(bench.port());

    caller.send(
        GatewayBench::chat(R"({"model":"m","stream":true,"include_usagex":1,"messages":[]})"));
    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 400"));
    caller.send(GatewayBench::stream_chat());
    EXPECT_THAT(caller.read_until("0\r\n\r\n"), HasSubstr("[DONE]"));

    ASSERT_EQ(asked.size(), 3U);
    EXPECT_THAT(asked[2], HasSubstr("include_usage\":true"));
}

}  // namespace
}  // namespace pulse::tests
