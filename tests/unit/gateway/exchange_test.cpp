// The exchange over real sockets, provider and caller scripted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>

#include "tests/support/gateway_bench.h"

namespace pulse::tests {
namespace {

using storage::Outcome;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

constexpr std::string_view kBody =
    R"({"id":"c","model":"m","choices":[{"index":0,"message":{"content":"hi"},"finish_reason":"stop"}],)"
    R"("usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}})";
constexpr std::string_view kSseHead =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
constexpr std::string_view kContent =
    "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"},\"finish_reason\":null}]}\n\n";
constexpr std::string_view kFinish =
    "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
constexpr std::string_view kUsage =
    "data: {\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":5,\"total_tokens\":15}}\n\n";
constexpr std::string_view kDone = "data: [DONE]\n\n";

[[nodiscard]] std::string json_answer(std::string_view body, std::string_view more = {}) {
    return "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n" + std::string(more) +
           "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

[[nodiscard]] std::string chunk(std::string_view data) {
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", data.size());
    return size + std::string(data) + "\r\n";
}

void answer_once(ScriptedConnection& connection) {
    static_cast<void>(connection.read_request());
    connection.send(json_answer(kBody));
    static_cast<void>(connection.await_close());
}

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
    GatewayBench bench({}, {[](ScriptedConnection& connection) {
                           static_cast<void>(connection.read_request());
                           connection.send("HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n" + json_answer(kBody));
                           static_cast<void>(connection.await_close());
                       }});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::plain_chat());
    const std::string answer = caller.read_answer();

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200"));
    EXPECT_THAT(answer, Not(HasSubstr("103")));
}

TEST(Exchange, AsksForTheUsageChunkAndDoesNotShowIt) {
    std::string asked;
    GatewayBench bench({}, {[&](ScriptedConnection& connection) {
                           asked = connection.read_request();
                           connection.send(std::string(kSseHead) + chunk(kContent) + chunk(kFinish) + chunk(kUsage) +
                                           chunk(kDone) + "0\r\n\r\n");
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

TEST(Exchange, WritesTheCostIntoAUsageChunkThatWasAskedFor) {
    GatewayBench bench({}, {[](ScriptedConnection& connection) {
                           static_cast<void>(connection.read_request());
                           connection.send(std::string(kSseHead) + chunk(kContent) + chunk(kFinish) + chunk(kUsage) +
                                           chunk(kDone) + "0\r\n\r\n");
                           static_cast<void>(connection.await_close());
                       }});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::chat(
        R"({"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[]})"));

    EXPECT_THAT(caller.read_until("0\r\n\r\n"), HasSubstr("\"cost\":0.000015"));
}

TEST(Exchange, SendsAgainWithoutTheUsageOptionThatAProviderDoesNotKnow) {
    std::vector<std::string> asked;
    GatewayBench bench({}, {[&](ScriptedConnection& connection) {
                           asked.push_back(connection.read_request());
                           constexpr std::string_view kRefusal = R"({"error":{"message":"unknown field stream_options"}})";
                           connection.send("HTTP/1.1 400 Bad Request\r\ncontent-length: " +
                                           std::to_string(kRefusal.size()) + "\r\n\r\n" + std::string(kRefusal));
                           for (int i = 0; i < 2; ++i) {
                               asked.push_back(connection.read_request());
                               connection.send(std::string(kSseHead) + chunk(kContent) + chunk(kFinish) +
                                               chunk(kDone) + "0\r\n\r\n");
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
    EXPECT_EQ(bench.rows().next()->record().usage_source, UsageSource::counted);
}

TEST(Exchange, KeepsAConnectionWhoseLastChunkComesLate) {
    GatewayBench bench({}, {[](ScriptedConnection& connection) {
                           static_cast<void>(connection.read_request());
                           connection.send(std::string(kSseHead) + chunk(kContent) + chunk(kFinish) + chunk(kDone));
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

TEST(Exchange, EndsAStreamForHttp10ByClosing) {
    GatewayBench bench({}, {[](ScriptedConnection& connection) {
                           static_cast<void>(connection.read_request());
                           connection.send(std::string(kSseHead) + chunk(kContent) + chunk(kFinish) + chunk(kDone) +
                                           "0\r\n\r\n");
                           static_cast<void>(connection.await_close());
                       }});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::chat(R"({"model":"m","stream":true,"messages":[]})", "HTTP/1.0"));
    const std::string answer = caller.read_to_end();

    EXPECT_THAT(answer, Not(HasSubstr("chunked")));
    EXPECT_THAT(answer, EndsWith(std::string(kDone)));
}

TEST(Exchange, RelaysALargeAnswerWithItsLengthAndMetersIt) {
    const std::string filler(200'000, 'x');
    const std::string body = R"({"pad":")" + filler + R"(","model":"m","usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15}})";
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

TEST(Exchange, DoesNotSendAgainWhatTheProviderMayHaveRead) {
    GatewayBench bench({}, {[](ScriptedConnection& connection) {
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

TEST(Exchange, SendsAgainWhatAnIdleConnectionLostAtItsEnd) {
    GatewayBench bench({}, {[](ScriptedConnection& connection) {
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
}

TEST(Exchange, CancelsTheProviderWhenTheCallerIsGone) {
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

TEST(Exchange, ReadsAStreamOnForItsUsageWhereTheProviderBillsOn) {
    std::mutex gate;
    gate.lock();
    GatewayBench bench({.on_disconnect = gateway::OnDisconnect::drain}, {[&](ScriptedConnection& connection) {
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

TEST(Exchange, DrainsABufferedAnswerForItsUsage) {
    std::promise<void> has_request;
    std::promise<void> caller_is_gone;
    GatewayBench bench({.on_disconnect = gateway::OnDisconnect::drain}, {[&](ScriptedConnection& connection) {
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

TEST(Exchange, RefusesWithoutARowWhenTheLedgerIsFull) {
    GatewayBench bench({}, {});
    bench.rows().set_full(true);
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::plain_chat());
    const std::string answer = caller.read_answer();

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 503"));
    EXPECT_THAT(answer, HasSubstr("retry-after: "));
    EXPECT_EQ(bench.rows().unread(), 0U);
}

TEST(Exchange, TakesTheEndOfABodyForTheEndOfAStreamThatSaidItsReason) {
    GatewayBench bench({}, {[](ScriptedConnection& connection) {
                           static_cast<void>(connection.read_request());
                           connection.send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" +
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

TEST(Exchange, ReadsTheSlashOfAModelAsPhpWritesIt) {
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

TEST(Exchange, RefusesAModelsListThatWouldPassThePolicyBy) {
    GatewayBench bench({.policy = R"({"allowed_models":["m"]})"}, {});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::chat(R"({"model":"m","models":["m","dearer"],"messages":[]})"));

    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 403"));
}

TEST(Exchange, DoesNotLetACallerTurnTheUsageOptionOff) {
    std::vector<std::string> asked;
    GatewayBench bench({}, {[&](ScriptedConnection& connection) {
                           constexpr std::string_view kRefusal = R"({"error":{"message":"include_usagex is unknown"}})";
                           for (int i = 0; i < 2; ++i) {
                               asked.push_back(connection.read_request());
                               connection.send("HTTP/1.1 400 Bad Request\r\ncontent-length: " +
                                               std::to_string(kRefusal.size()) + "\r\n\r\n" + std::string(kRefusal));
                           }
                           asked.push_back(connection.read_request());
                           connection.send(std::string(kSseHead) + chunk(kContent) + chunk(kFinish) + chunk(kUsage) +
                                           chunk(kDone) + "0\r\n\r\n");
                           static_cast<void>(connection.await_close());
                       }});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::chat(R"({"model":"m","stream":true,"include_usagex":1,"messages":[]})"));
    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 400"));
    caller.send(GatewayBench::stream_chat());
    EXPECT_THAT(caller.read_until("0\r\n\r\n"), HasSubstr("[DONE]"));

    ASSERT_EQ(asked.size(), 3U);
    EXPECT_THAT(asked[2], HasSubstr("include_usage\":true"));
}

TEST(Exchange, TakesAHeadThatFillsTheReadBuffer) {
    std::string head = "HTTP/1.1 200 OK\r\ncontent-length: " + std::to_string(kBody.size()) + "\r\nx-pad: ";
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

TEST(Exchange, TakesNoBodyWhereNoKeyIsNeeded) {
    GatewayBench bench({}, {});
    ScriptedCaller caller(bench.port());

    caller.send("GET /healthz HTTP/1.1\r\nhost: p\r\ncontent-length: 33000000\r\n\r\n");

    EXPECT_THAT(caller.read_answer(), HasSubstr("HTTP/1.1 413"));
}

TEST(Exchange, WritesARowForWhatPolicyRefuses) {
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

TEST(Exchange, RefusesOnceTheBudgetCannotHoldTheWorstCase) {
    GatewayBench bench({.policy = R"({"budgets":[{"period":"total","limit":"0.0001"}]})"}, {});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::chat(R"({"model":"m","max_tokens":200,"messages":[]})"));
    const std::string answer = caller.read_answer();

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 429"));
    EXPECT_THAT(answer, HasSubstr("insufficient_quota"));
    EXPECT_THAT(answer, HasSubstr("x-should-retry: false"));
}

TEST(Exchange, AnswersHealthWithoutAKeyAndNothingElse) {
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
