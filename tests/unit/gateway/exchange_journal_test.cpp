// What outlives the gateway of a request under way, and what waits for the disk.
#include "tests/unit/gateway/exchange_scripts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

namespace pulse::tests {
namespace {

using storage::Outcome;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr std::string_view kBudget =
    R"({"budgets":[{"period":"month","limit":"100000.00","currency":"USD"}]})";

/// Reads a request and keeps its answer to itself.
void never_answer(ScriptedConnection& connection) {
    static_cast<void>(connection.read_request());
    static_cast<void>(connection.await_close());
}

/// Room is given back when the answer is with the kernel: a moment after the caller may have it.
[[nodiscard]] bool gives_all_room_back(const SeenRows& rows) {
    for (int tries = 0; tries < 1'000 && rows.reserved() != 0; ++tries) {
        std::this_thread::sleep_for(10ms);
    }
    return rows.reserved() == 0;
}

void answer_twice(ScriptedConnection& connection) {
    static_cast<void>(connection.read_request());
    connection.send(json_answer(kBody));
    answer_once(connection);
}

TEST(ExchangeJournal, HasWhatTheCallCostsShouldTheGatewayDie) {
    GatewayBench bench({.policy = std::string(kBudget)}, {never_answer});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::chat(
        R"({"model":"m","max_tokens":50,"user":"ada","messages":[{"role":"user","content":"hi"}]})"));

    const auto admitted = bench.rows().admitted(1);
    ASSERT_EQ(admitted.size(), 1U);
    const storage::RequestRecord& row = admitted[0]->record();
    const policy::Standing standing = bench.standing();
    EXPECT_EQ(row.cost, standing.budgets.at(0).reserved) << "what is held is what is charged";
    EXPECT_GT(row.cost, Money{});
    EXPECT_EQ(row.key_id, "key-1");
    EXPECT_EQ(row.model_requested, "m");
    EXPECT_EQ(row.end_user, "ada");
    EXPECT_EQ(row.status, 0);
    EXPECT_EQ(row.outcome, Outcome::internal_error);
    EXPECT_EQ(row.error_code, storage::kGatewayDied);
    EXPECT_EQ(row.usage_source, UsageSource::estimated);
    EXPECT_EQ(row.cost_status, "estimated");
    EXPECT_EQ(row.usage.output_total, 50);
    ASSERT_EQ(row.attempts.size(), 1U);
    EXPECT_EQ(row.attempts[0].cost, row.cost);
    EXPECT_EQ(row.attempts[0].provider, "fake");
    caller.hang_up();
    EXPECT_EQ(bench.rows().next()->record().id, row.id) << "its end has the same id";
}

TEST(ExchangeJournal, IsClosedByTheRowAndGivesItsRoomBack) {
    GatewayBench bench({}, {answer_once});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::plain_chat());

    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 200"));
    ASSERT_TRUE(bench.rows().next());
    EXPECT_TRUE(bench.rows().admitted(0).empty());
    EXPECT_TRUE(gives_all_room_back(bench.rows()));
}

TEST(ExchangeJournal, HasNothingOfCallsThatReachNoProvider) {
    GatewayBench bench({.provider_is_there = false}, {});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::plain_chat());

    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 502"));
    EXPECT_EQ(bench.rows().next()->record().outcome, Outcome::upstream_failed);
    EXPECT_TRUE(bench.rows().admitted(0).empty());
    EXPECT_TRUE(gives_all_room_back(bench.rows()));
}

TEST(ExchangeDurability, HoldsTheWholeOfABufferedAnswerUntilItsRowIsOnTheDisk) {
    GatewayBench bench({}, {answer_once});
    bench.rows().hold_back();
    ScriptedCaller caller(bench.port());
    caller.send(GatewayBench::plain_chat());
    ASSERT_TRUE(bench.rows().next());

    std::this_thread::sleep_for(50ms);
    const auto begun = std::chrono::steady_clock::now();
    std::thread disk([&bench] {
        std::this_thread::sleep_for(100ms);
        bench.rows().sync();
    });
    const std::string answer = caller.read_answer();
    const auto waited = std::chrono::steady_clock::now() - begun;
    disk.join();

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200"));
    EXPECT_THAT(answer, EndsWith(std::string(kBody)));
    EXPECT_GE(waited, 100ms);
}

TEST(ExchangeDurability, HoldsTheLastBytesOfAStreamOnly) {
    GatewayBench bench({}, {[](ScriptedConnection& connection) {
                           static_cast<void>(connection.read_request());
                           connection.send(
                               std::string(kSseHead) + chunk(kContent) + chunk(kFinish) +
                               chunk(kUsage) + chunk(kDone) + "0\r\n\r\n");
                           static_cast<void>(connection.await_close());
                       }});
    bench.rows().hold_back();
    ScriptedCaller caller(bench.port());
    caller.send(GatewayBench::stream_chat());
    ASSERT_TRUE(bench.rows().next());
    std::thread disk([&bench] {
        std::this_thread::sleep_for(100ms);
        bench.rows().sync();
    });

    const auto begun = std::chrono::steady_clock::now();
    const std::string all = caller.read_until("0\r\n\r\n");
    const auto waited = std::chrono::steady_clock::now() - begun;
    disk.join();

    EXPECT_THAT(all, HasSubstr("[DONE]"));
    EXPECT_GE(waited, 90ms);
    caller.send(GatewayBench::plain_chat());  // the connection goes on
}

TEST(ExchangeDurability, ACallerWhoLeavesMeanwhileCostsNothingMore) {
    GatewayBench bench({}, {answer_twice});
    bench.rows().hold_back();
    {
        ScriptedCaller caller(bench.port());
        caller.send(GatewayBench::plain_chat());
        ASSERT_TRUE(bench.rows().next());
        caller.hang_up();
    }
    std::this_thread::sleep_for(50ms);
    bench.rows().sync();

    ScriptedCaller other(bench.port());
    other.send(GatewayBench::plain_chat());
    ASSERT_TRUE(bench.rows().next());
    bench.rows().sync();
    EXPECT_THAT(other.read_answer(), HasSubstr("HTTP/1.1 200"));
    EXPECT_EQ(bench.rows().unread(), 0U);
    EXPECT_TRUE(gives_all_room_back(bench.rows()));
}

TEST(ExchangeContent, IsNotKeptUnlessSomebodyAsks) {
    GatewayBench bench({}, {answer_once});
    ScriptedCaller caller(bench.port());
    caller.send(GatewayBench::plain_chat());
    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 200"));

    EXPECT_TRUE(bench.content().all().empty());
}

TEST(ExchangeContent, HasTheCallersBodyAndTheProvidersAnswer) {
    GatewayBench bench({.content = gateway::ContentLogging::redacted}, {answer_once});
    ScriptedCaller caller(bench.port());
    caller.send(GatewayBench::plain_chat());
    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 200"));

    const auto kept = bench.content().all();
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0].id, bench.rows().next()->record().id);
    EXPECT_EQ(kept[0].request, R"({"model":"m","messages":[]})");
    EXPECT_EQ(kept[0].answer, kBody);
    EXPECT_TRUE(kept[0].is_to_redact);
    EXPECT_FALSE(kept[0].is_request_cut || kept[0].is_answer_cut);
}

TEST(ExchangeContent, IsCutAtItsLimitAndAKeyMayAskForIt) {
    GatewayBench bench(
        {.policy = R"({"log_content":"full"})", .content_bytes_max = 10}, {answer_once});
    ScriptedCaller caller(bench.port());
    caller.send(GatewayBench::plain_chat());
    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 200"));

    const auto kept = bench.content().all();
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_EQ(kept[0].request, R"({"model":")");
    EXPECT_EQ(kept[0].answer, kBody.substr(0, 10));
    EXPECT_TRUE(kept[0].is_request_cut && kept[0].is_answer_cut);
    EXPECT_FALSE(kept[0].is_to_redact);
}

TEST(ExchangeContent, OfAStreamIsWhatTheCallerGot) {
    GatewayBench bench(
        {.content = gateway::ContentLogging::full}, {[](ScriptedConnection& connection) {
            static_cast<void>(connection.read_request());
            connection.send(std::string(kSseHead) + chunk(kContent) + chunk(kFinish));
            connection.send(chunk(kUsage) + chunk(kDone) + "0\r\n\r\n");
            static_cast<void>(connection.await_close());
        }});
    ScriptedCaller caller(bench.port());
    caller.send(GatewayBench::stream_chat());
    EXPECT_THAT(caller.read_until("0\r\n\r\n"), HasSubstr("[DONE]"));

    const auto kept = bench.content().all();
    ASSERT_EQ(kept.size(), 1U);
    EXPECT_THAT(kept[0].answer, HasSubstr("hello"));
    EXPECT_THAT(kept[0].answer, Not(HasSubstr("usage"))) << "the caller did not ask for that chunk";
}

TEST(ExchangeContent, AKeyMayForbidIt) {
    GatewayBench bench(
        {.policy = R"({"log_content":"none"})", .content = gateway::ContentLogging::full},
        {answer_once});
    ScriptedCaller caller(bench.port());
    caller.send(GatewayBench::plain_chat());
    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 200"));

    EXPECT_TRUE(bench.content().all().empty());
}

}  // namespace
}  // namespace pulse::tests
