// Callers and providers who hang up, over real sockets.
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

TEST(ExchangeEnds, DoesNotSendAgainWhatTheProviderMayHaveRead) {
    GatewayBench bench(
        {},
        {[](ScriptedConnection& connection) {
             static_cast<void>(connection.read_request());
             connection.send(json_answer(kBody));
             static_cast<void>(connection.read_request());
             connection.reset();  // read, then dropped: may have been billed
         },
         answer_once});
    ScriptedCaller caller(bench.port());
    caller.send(GatewayBench::plain_chat());
    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 200"));

    caller.send(GatewayBench::plain_chat());

    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 502"));
    EXPECT_EQ(bench.provider().accepted(), 1U);
}

TEST(ExchangeEnds, SendsAgainWhatAnIdleConnectionLostAtItsEnd) {
    GatewayBench bench(
        {},
        {[](ScriptedConnection& connection) {
             static_cast<void>(connection.read_request());
             connection.send(json_answer(kBody));
             connection.close();
         },
         answer_once});
    ScriptedCaller caller(bench.port());
    caller.send(GatewayBench::plain_chat());
    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 200"));

    caller.send(GatewayBench::plain_chat());

    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 200"));
    EXPECT_EQ(bench.provider().accepted(), 2U);
    EXPECT_EQ(bench.rows().next()->record().attempts.size(), 1U);
    const auto row = bench.rows().next();
    const auto attempts = row->record().attempts;
    EXPECT_EQ(attempts.back().status, 200);
    // The pool may have seen the end before it handed the connection out; then there was one attempt.
    if (attempts.size() > 1) {
        ASSERT_EQ(attempts.size(), 2U);
        EXPECT_EQ(attempts[0].status, 0);
        EXPECT_EQ(attempts[0].outcome, Outcome::upstream_failed);
        EXPECT_EQ(attempts[0].usage_source, UsageSource::none);
    }
}

TEST(ExchangeEnds, CancelsTheProviderWhenTheCallerIsGone) {
    std::atomic<bool> was_closed{false};
    GatewayBench bench({}, {[&](ScriptedConnection& connection) {
                           static_cast<void>(connection.read_request());
                           connection.send(std::string(kSseHead) + chunk(kContent));
                           was_closed = connection.await_close();
                       }});
    ScriptedCaller caller(bench.port());
    caller.send(GatewayBench::stream_chat());
    static_cast<void>(caller.read_until("hello"));

    caller.hang_up();
    const auto row = bench.rows().next();

    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->record().outcome, Outcome::caller_gone);
    EXPECT_EQ(row->record().usage_source, UsageSource::counted);
    EXPECT_GT(row->record().usage.output_total, 0);
    EXPECT_EQ(bench.quota().reservations_open(), 0U);
}

TEST(ExchangeEnds, ReadsAStreamOnForItsUsageWhereTheProviderBillsOn) {
    std::mutex gate;
    gate.lock();
    GatewayBench bench(
        {.on_disconnect = gateway::OnDisconnect::drain}, {[&](ScriptedConnection& connection) {
            static_cast<void>(connection.read_request());
            connection.send(std::string(kSseHead) + chunk(kContent));
            const std::scoped_lock open(gate);
            connection.send(chunk(kFinish) + chunk(kUsage) + chunk(kDone) + "0\r\n\r\n");
            static_cast<void>(connection.await_close());
        }});
    ScriptedCaller caller(bench.port());
    caller.send(GatewayBench::stream_chat());
    static_cast<void>(caller.read_until("hello"));
    caller.hang_up();
    gate.unlock();

    const auto row = bench.rows().next();

    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->record().usage_source, UsageSource::provider);
    EXPECT_EQ(row->record().cost, Money::from_pico(15'000'000));
}

TEST(ExchangeEnds, DrainsABufferedAnswerForItsUsage) {
    std::promise<void> has_request;
    std::promise<void> caller_is_gone;
    GatewayBench bench(
        {.on_disconnect = gateway::OnDisconnect::drain}, {[&](ScriptedConnection& connection) {
            static_cast<void>(connection.read_request());
            has_request.set_value();
            caller_is_gone.get_future().wait();
            connection.send(json_answer(kBody));
            static_cast<void>(connection.await_close());
        }});
    ScriptedCaller caller(bench.port());
    caller.send(GatewayBench::plain_chat());
    has_request.get_future().wait();
    caller.hang_up();
    caller_is_gone.set_value();

    const auto row = bench.rows().next();

    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->record().usage_source, UsageSource::provider);
    EXPECT_EQ(row->record().cost, Money::from_pico(15'000'000));
}

}  // namespace
}  // namespace pulse::tests
