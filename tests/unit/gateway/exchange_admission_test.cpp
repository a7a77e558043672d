// What the exchange lets in and what it refuses, over real sockets.
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

TEST(ExchangeAdmission, RefusesWithoutARowWhenTheLedgerIsFull) {
    GatewayBench bench({}, {});
    bench.rows().set_full(true);
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::plain_chat());
    const std::string answer = caller.read_answer();

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 503"));
    EXPECT_THAT(answer, HasSubstr("retry-after: "));
    EXPECT_EQ(bench.rows().unread(), 0U);
}

TEST(ExchangeAdmission, ReadsTheSlashOfAModelAsPhpWritesIt) {
    std::string asked;
    GatewayBench bench({}, {[&](ScriptedConnection& connection) {
                           asked = connection.read_request();
                           connection.send(json_answer(kBody));
                           static_cast<void>(connection.await_close());
                       }});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::chat(R"({"model":"fake\/m","messages":[]})"));

    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 200"));
    EXPECT_THAT(asked, HasSubstr(R"({"model":"m","messages":[]})"));
}

TEST(ExchangeAdmission, RefusesAModelsListThatWouldPassThePolicyBy) {
    GatewayBench bench({.policy = R"({"allowed_models":["m"]})"}, {});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::chat(R"({"model":"m","models":["m","dearer"],"messages":[]})"));

    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 403"));
}

TEST(ExchangeAdmission, TakesNoBodyWhereNoKeyIsNeeded) {
    GatewayBench bench({}, {});
    ScriptedCaller caller(bench.port());

    caller.send("GET /healthz HTTP/1.1\r\nhost: p\r\ncontent-length: 33000000\r\n\r\n");

    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 413"));
}

TEST(ExchangeAdmission, WritesARowForWhatPolicyRefuses) {
    GatewayBench bench({.policy = R"({"allowed_models":["other"]})"}, {});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::plain_chat());
    const std::string answer = caller.read_answer();
    const auto row = bench.rows().next();

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 403"));
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->record().outcome, Outcome::refused);
    EXPECT_EQ(row->record().error_code, "model_not_allowed");
}

TEST(ExchangeAdmission, RefusesOnceTheBudgetCannotHoldTheWorstCase) {
    GatewayBench bench({.policy = R"({"clamp":false,"budgets":[{"period":"total","limit":"0.0001"}]})"}, {});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::chat(R"({"model":"m","max_tokens":200,"messages":[]})"));
    const std::string answer = caller.read_answer();

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 429"));
    EXPECT_THAT(answer, HasSubstr("insufficient_quota"));
    EXPECT_THAT(answer, HasSubstr("x-should-retry: false"));
}

TEST(ExchangeAdmission, AnswersHealthWithoutAKeyAndNothingElse) {
    GatewayBench bench({}, {});
    ScriptedCaller caller(bench.port());

    caller.send("GET /healthz HTTP/1.1\r\nhost: p\r\n\r\nHEAD / HTTP/1.1\r\nhost: p\r\n\r\n");
    EXPECT_THAT(caller.read_answer(), HasSubstr(R"({"status":"ok"})"));
    EXPECT_THAT(caller.read_until("\r\n\r\n"), HasSubstr("HTTP/1.1 200"));

    caller.send("GET /v1/models HTTP/1.1\r\nhost: p\r\n\r\n");
    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 401"));
    EXPECT_EQ(bench.rows().unread(), 0U);
}

}  // namespace
}  // namespace pulse::tests
