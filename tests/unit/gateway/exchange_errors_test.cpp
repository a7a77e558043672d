// Every stage of the exchange with the provider failing at each step, over real sockets: what the
// caller sees, what the row says, and that nothing stays reserved.
#include "tests/support/gateway_bench.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>

namespace pulse::tests {
namespace {

using storage::Outcome;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

using Script = ScriptedProvider::Script;

constexpr std::string_view kSseHead =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
constexpr std::string_view kEvent =
    "data: "
    "{\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello\"},\"finish_"
    "reason\":null}]}\n\n";

[[nodiscard]] std::string chunk(std::string_view data) {
    char size[20];
    std::snprintf(size, sizeof size, "%zx\r\n", data.size());
    return size + std::string(data) + "\r\n";
}

struct FailureCase {
    const char* name;
    std::string request;
    std::function<void(ScriptedConnection&)> provider;  ///< after it has read the request
    int status;
    const char* in_answer;
    Outcome outcome;
    UsageSource source;
};

[[nodiscard]] gateway::UpstreamTimeouts short_timeouts() {
    gateway::UpstreamTimeouts timeouts;
    timeouts.first_byte = timeouts.first_byte_buffered = timeouts.idle = 200ms;
    return timeouts;
}

void PrintTo(const FailureCase& failure, std::ostream* out) {
    *out << failure.name;
}

class ProviderFails : public testing::TestWithParam<FailureCase> {};

TEST_P(ProviderFails, CallerIsToldRowIsWrittenNothingStaysReserved) {
    const FailureCase& failure = GetParam();
    GatewayBench bench(
        {.policy = R"({"max_parallel_requests":5,"budgets":[{"period":"total","limit":"10"}]})",
         .timeouts = short_timeouts()},
        {[&](ScriptedConnection& connection) {
            ASSERT_THAT(
                connection.read_request(), HasSubstr("authorization: Bearer provider-secret"));
            failure.provider(connection);
        }});
    ScriptedCaller caller(bench.port());

    caller.send(failure.request);
    const std::string answer = caller.read_until(failure.in_answer);
    const auto row = bench.rows().next();

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 " + std::to_string(failure.status)));
    EXPECT_THAT(answer, HasSubstr(failure.in_answer));
    EXPECT_THAT(answer, Not(HasSubstr("provider-secret")));
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->record().outcome, failure.outcome);
    EXPECT_EQ(row->record().status, failure.status);
    EXPECT_EQ(row->record().usage_source, failure.source);
    EXPECT_EQ(row->record().attempts.size(), 1U);
    EXPECT_EQ(bench.rows().reserved(), 0);
    EXPECT_EQ(bench.quota().reservations_open(), 0U);
    const policy::Standing standing = bench.standing();
    EXPECT_EQ(standing.budgets.front().spent, row->record().cost);
}

INSTANTIATE_TEST_SUITE_P(
    Steps,
    ProviderFails,
    testing::Values(
        FailureCase{
            "closes_without_an_answer",
            GatewayBench::plain_chat(),
            [](ScriptedConnection& c) { c.close(); },
            502,
            "upstream_unavailable",
            Outcome::upstream_failed,
            UsageSource::estimated},
        FailureCase{
            "resets_without_an_answer",
            GatewayBench::plain_chat(),
            [](ScriptedConnection& c) { c.reset(); },
            502,
            "upstream_unavailable",
            Outcome::upstream_failed,
            UsageSource::estimated},
        FailureCase{
            "stays_silent",
            GatewayBench::plain_chat(),
            [](ScriptedConnection& c) { EXPECT_TRUE(c.await_close()); },
            504,
            "upstream_timeout",
            Outcome::upstream_failed,
            UsageSource::estimated},
        FailureCase{
            "sends_half_a_head",
            GatewayBench::plain_chat(),
            [](ScriptedConnection& c) { c.send("HTTP/1.1 200 OK\r\ncontent-"); },
            502,
            "upstream_",
            Outcome::upstream_failed,
            UsageSource::estimated},
        FailureCase{
            "sends_no_http",
            GatewayBench::plain_chat(),
            [](ScriptedConnection& c) { c.send("SSH-2.0-OpenSSH\r\n\r\n"); },
            502,
            "upstream_bad_answer",
            Outcome::upstream_failed,
            UsageSource::estimated},
        FailureCase{
            "cuts_a_buffered_body",
            GatewayBench::plain_chat(),
            [](ScriptedConnection& c) {
                c.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"cho");
            },
            502,
            "upstream_bad_answer",
            Outcome::upstream_failed,
            UsageSource::estimated},
        FailureCase{
            "stalls_in_a_buffered_body",
            GatewayBench::plain_chat(),
            [](ScriptedConnection& c) {
                c.send("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"cho");
                EXPECT_TRUE(c.await_close());
            },
            504,
            "upstream_timeout",
            Outcome::upstream_failed,
            UsageSource::estimated},
        FailureCase{
            "breaks_the_chunked_coding",
            GatewayBench::plain_chat(),
            [](ScriptedConnection& c) {
                c.send("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n");
            },
            502,
            "upstream_bad_answer",
            Outcome::upstream_failed,
            UsageSource::estimated},
        FailureCase{
            "answers_html",
            GatewayBench::plain_chat(),
            [](ScriptedConnection& c) {
                c.send("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n<html>");
            },
            502,
            "upstream_bad_answer",
            Outcome::upstream_failed,
            UsageSource::estimated},
        FailureCase{
            "refuses_our_credentials",
            GatewayBench::plain_chat(),
            [](ScriptedConnection& c) {
                c.send(
                    "HTTP/1.1 401 Unauthorized\r\ncontent-length: "
                    "23\r\n\r\n{\"error\":{\"message\":1}}");
            },
            502,
            "upstream_credentials",
            Outcome::provider_error,
            UsageSource::none},
        FailureCase{
            "is_rate_limited_itself",
            GatewayBench::plain_chat(),
            [](ScriptedConnection& c) {
                c.send(
                    "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 33\r\n\r\n"
                    "{\"error\":{\"code\":\"slow_down_pls\"}}");
            },
            429,
            "slow_down_pls",
            Outcome::provider_error,
            UsageSource::none},
        FailureCase{
            "cuts_a_stream_before_its_first_event",
            GatewayBench::stream_chat(),
            [](ScriptedConnection& c) { c.send(kSseHead); },
            502,
            "upstream_bad_answer",
            Outcome::upstream_failed,
            UsageSource::counted},
        FailureCase{
            "cuts_a_stream_after_an_event",
            GatewayBench::stream_chat(),
            [](ScriptedConnection& c) { c.send(std::string(kSseHead) + chunk(kEvent)); },
            200,
            "data: {\"error\":{",
            Outcome::cut,
            UsageSource::counted},
        FailureCase{
            "stalls_in_a_stream",
            GatewayBench::stream_chat(),
            [](ScriptedConnection& c) {
                c.send(std::string(kSseHead) + chunk(kEvent));
                EXPECT_TRUE(c.await_close());
            },
            200,
            "data: {\"error\":{",
            Outcome::cut,
            UsageSource::counted},
        FailureCase{
            "ends_a_stream_without_its_terminator",
            GatewayBench::stream_chat(),
            [](ScriptedConnection& c) {
                c.send(std::string(kSseHead) + chunk(kEvent) + "0\r\n\r\n");
            },
            200,
            "data: {\"error\":{",
            Outcome::cut,
            UsageSource::counted}),
    [](const auto& failure) { return failure.param.name; });

TEST(Exchange, NeverShowsABrokenStreamAsASuccess) {
    GatewayBench bench({}, {[](ScriptedConnection& connection) {
                           static_cast<void>(connection.read_request());
                           connection.send(std::string(kSseHead) + chunk(kEvent));
                       }});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::stream_chat());
    const std::string answer = caller.read_until("0\r\n\r\n");

    EXPECT_THAT(answer, HasSubstr("hello"));
    EXPECT_THAT(answer, HasSubstr("\"error\""));
    EXPECT_THAT(answer, Not(HasSubstr("[DONE]")));
}

TEST(Exchange, SaysThatAProviderCannotBeReached) {
    GatewayBench bench({.provider_is_there = false}, {});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::plain_chat());
    const std::string answer = caller.read_answer();
    const auto row = bench.rows().next();

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 502"));
    EXPECT_THAT(answer, HasSubstr("x-pulse-error-source: pulse"));
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->record().outcome, Outcome::upstream_failed);
    EXPECT_TRUE(row->record().cost.is_zero());
}

}  // namespace
}  // namespace pulse::tests
