// What is done where a budget cannot pay for a call as it was asked, over real sockets: another
// model, a shorter answer, a stream that ends early.
#include "tests/unit/gateway/exchange_scripts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>

namespace pulse::tests {
namespace {

using storage::Outcome;
using testing::HasSubstr;
using testing::Not;

[[nodiscard]] std::string ask(GatewayBench& bench, std::string_view request) {
    ScriptedCaller caller(bench.port());
    caller.send(request);
    return caller.read_answer();
}

/// Answers once and keeps what it was asked.
[[nodiscard]] ScriptedProvider::Script keep(std::string& asked) {
    return [&asked](ScriptedConnection& connection) {
        asked = connection.read_request();
        connection.send(json_answer(kBody));
        static_cast<void>(connection.await_close());
    };
}

/// The number behind `name` in `text`; -1 where it does not stand.
[[nodiscard]] std::int64_t number_behind(const std::string& text, std::string_view name) {
    const std::size_t at = text.find(name);
    std::int64_t number = -1;
    if (at != std::string::npos) {
        const char* const begin = text.data() + at + name.size();
        std::from_chars(begin, text.data() + text.size(), number);
    }
    return number;
}

// A model that nobody knows is held for a thousand tokens beside its text.
constexpr std::string_view kSmall = R"({"budgets":[{"period":"total","limit":"0.002"}]})";
constexpr Money kSmallLimit = Money::from_pico(2'000'000'000);

struct ClampCase {
    const char* name;
    const char* kind;
    const char* path;
    const char* body;
    const char* limit;  ///< as the provider is asked
};

void PrintTo(const ClampCase& clamp, std::ostream* out) {
    *out << clamp.name;
}

class Clamps : public testing::TestWithParam<ClampCase> {};

TEST_P(Clamps, TheOutputLimitToWhatTheBudgetPays) {
    const ClampCase& clamp = GetParam();
    std::string asked;
    GatewayBench bench({.policy = std::string(kSmall), .provider_kind = clamp.kind}, {keep(asked)});

    const std::string answer = ask(bench, GatewayBench::post(clamp.path, clamp.body));
    const auto row = bench.rows().next();

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200"));
    EXPECT_THAT(answer, HasSubstr("x-pulse-warning: clamped"));
    const std::int64_t limit = number_behind(asked, clamp.limit);
    EXPECT_GT(limit, 0) << asked;
    EXPECT_LT(limit, 2'000) << asked;
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->record().outcome, Outcome::answered);
    EXPECT_EQ(bench.quota().reservations_open(), 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Dialects,
    Clamps,
    testing::Values(
        ClampCase{
            "chat_without_a_limit",
            "openai",
            "/v1/chat/completions",
            R"({"model":"m","messages":[]})",
            R"("max_tokens":)"},
        ClampCase{
            "chat_of_a_newer_model",
            "openai",
            "/v1/chat/completions",
            R"({"model":"gpt-5-mini","messages":[]})",
            R"("max_completion_tokens":)"},
        ClampCase{
            "chat_with_a_limit",
            "openai",
            "/v1/chat/completions",
            R"({"model":"m","messages":[],"max_completion_tokens":5000})",
            R"("max_completion_tokens":)"},
        ClampCase{
            "completions_of_two_prompts",
            "openai",
            "/v1/completions",
            R"({"model":"gpt-4o","prompt":["a","b"],"max_tokens":5000})",
            R"("max_tokens":)"},
        ClampCase{
            "responses",
            "openai",
            "/v1/responses",
            R"({"model":"m","input":"a"})",
            R"("max_output_tokens":)"},
        ClampCase{
            "messages",
            "anthropic",
            "/v1/messages",
            R"({"model":"m","max_tokens":64000,"messages":[]})",
            R"("max_tokens":)"},
        ClampCase{
            "gemini",
            "gemini",
            "/v1beta/models/m:generateContent",
            R"({"contents":[],"generationConfig":{"temperature":0}})",
            R"("maxOutputTokens":)"},
        ClampCase{
            "cohere", "cohere", "/v2/chat", R"({"model":"m","messages":[]})", R"("max_tokens":)"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(Clamp, HoldsNoMoreThanIsLeft) {
    std::string asked;
    GatewayBench bench({.policy = std::string(kSmall)}, {[&](ScriptedConnection& connection) {
                           asked = connection.read_request();
                           static_cast<void>(connection.await_close());
                       }});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::chat(R"({"model":"m","n":3,"messages":[]})"));
    const auto admitted = bench.rows().admitted(1);

    ASSERT_EQ(admitted.size(), 1U);
    const Money held = admitted[0]->record().cost;
    EXPECT_LE(held, kSmallLimit);
    EXPECT_GT(held, kSmallLimit - Money::from_pico(3'000'000))
        << "three answers a token longer do not fit";
}

TEST(Clamp, IsNotDoneWhereThePolicySaysNo) {
    GatewayBench bench(
        {.policy = R"({"clamp":false,"budgets":[{"period":"total","limit":"0.002"}]})"}, {});

    EXPECT_THAT(ask(bench, GatewayBench::plain_chat()), HasSubstr("insufficient_quota"));
}

TEST(Clamp, DoesNotHelpWhereTheInputAloneIsTooDear) {
    GatewayBench bench({.policy = R"({"budgets":[{"period":"total","limit":"0.000001"}]})"}, {});

    const std::string answer = ask(bench, GatewayBench::plain_chat());

    EXPECT_THAT(answer, HasSubstr("insufficient_quota"));
    EXPECT_THAT(answer, Not(HasSubstr("clamped")));
}

TEST(Clamp, LeavesRoomForWhatAModelIsToThink) {
    GatewayBench bench({.policy = std::string(kSmall), .provider_kind = "anthropic"}, {});

    EXPECT_THAT(
        ask(bench,
            GatewayBench::post(
                "/v1/messages",
                R"({"model":"m","max_tokens":64000,"thinking":{"type":"enabled","budget_tokens": 32000},"messages":[]})")),
        HasSubstr("enforced_spend_limit_reached"));
}

TEST(Clamp, IsNotDoneToApisWithoutAnOutputLimit) {
    GatewayBench bench({.policy = R"({"budgets":[{"period":"total","limit":"0.00002"}]})"}, {});

    EXPECT_THAT(
        ask(bench,
            GatewayBench::post(
                "/v1/embeddings",
                R"({"model":"m","input":"a text that is longer than the budget","max_tokens":9})")),
        HasSubstr("insufficient_quota"));
}

[[nodiscard]] std::vector<pricing::Model> cheap() {
    pricing::Model model;
    model.provider = "fake";
    model.id = "cheap";
    model.prices = {
        {.price_class = pricing::PriceClass::input, .amount_pico = 10'000'000'000},
        {.price_class = pricing::PriceClass::output, .amount_pico = 10'000'000'000}};
    return {model};
}

TEST(Downgrade, TakesTheOtherModelWhereTheBudgetIsSpent) {
    std::string asked;
    GatewayBench bench(
        {.policy =
             R"({"downgrade_to":"cheap","clamp":false,"budgets":[{"period":"total","limit":"0.002"}]})",
         .prices = cheap()},
        {keep(asked)});

    const std::string answer =
        ask(bench, GatewayBench::chat(R"({"model":"m","max_tokens":3000,"messages":[]})"));
    const auto row = bench.rows().next();

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200"));
    EXPECT_THAT(answer, HasSubstr("x-pulse-warning: downgraded to cheap"));
    EXPECT_THAT(answer, HasSubstr("x-pulse-model: cheap"));
    EXPECT_THAT(asked, HasSubstr(R"("model":"cheap")"));
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->record().model_requested, "m");
    EXPECT_EQ(row->record().attempts.back().model, "cheap");
    EXPECT_EQ(bench.quota().reservations_open(), 0U);
}

TEST(Downgrade, GivesTheHoldBackWhereTheBudgetIsNearlySpent) {
    std::string asked;
    GatewayBench bench(
        {.policy =
             R"({"downgrade_to":"cheap","requests_per_minute":10,"budgets":[{"period":"total","limit":"0.00216"}]})",
         .prices = cheap()},
        {[&](ScriptedConnection& connection) {
            asked = connection.read_request();
            static_cast<void>(connection.await_close());
        }});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::chat(R"({"model":"m","max_tokens":970,"messages":[]})"));
    const auto admitted = bench.rows().admitted(1);

    ASSERT_EQ(admitted.size(), 1U);
    EXPECT_EQ(admitted[0]->record().attempts.back().model, "cheap");
    EXPECT_EQ(bench.quota().reservations_open(), 1U);
    EXPECT_EQ(bench.standing().budgets.at(0).reserved, admitted[0]->record().cost);
    EXPECT_LT(admitted[0]->record().cost, Money::from_pico(30'000'000));
    EXPECT_EQ(bench.standing().rates.requests_remaining, 9) << "it is one request";
}

TEST(Downgrade, IsNotDoneWhileThereIsEnough) {
    std::string asked;
    GatewayBench bench(
        {.policy = R"({"downgrade_to":"cheap","budgets":[{"period":"total","limit":"5"}]})",
         .prices = cheap()},
        {keep(asked)});

    const std::string answer = ask(bench, GatewayBench::plain_chat());

    EXPECT_THAT(asked, HasSubstr(R"("model":"m")"));
    EXPECT_THAT(answer, Not(HasSubstr("x-pulse-warning: downgraded")));
}

TEST(Downgrade, IsNoWayRoundThePolicy) {
    GatewayBench blocked(
        {.policy =
             R"({"downgrade_to":"cheap","blocked_models":["cheap"],"clamp":false,"budgets":[{"period":"total","limit":"0.002"}]})",
         .prices = cheap()},
        {});
    GatewayBench same(
        {.policy =
             R"({"downgrade_to":"m","clamp":false,"budgets":[{"period":"total","limit":"0.002"}]})"},
        {});

    EXPECT_THAT(ask(blocked, GatewayBench::plain_chat()), HasSubstr("HTTP/1.1 429"));
    EXPECT_THAT(ask(same, GatewayBench::plain_chat()), HasSubstr("HTTP/1.1 429"));
}

/// Forty tokens each: many times what the budget pays.
constexpr int kEvents = 400;
/// What one read of the provider's stream may bring, in tokens: no sooner can it be stopped.
constexpr std::int64_t kReadTokens = 3'000;

/// Gives words until it is told to stop, or `times` times.
[[nodiscard]] ScriptedProvider::Script talkative(
    std::string_view head, std::string event, int times) {
    return [head, event = std::move(event), times](ScriptedConnection& connection) {
        static_cast<void>(connection.read_request());
        connection.send(head);
        for (int i = 0; i < times; ++i) {
            connection.send(chunk(event));
        }
        EXPECT_TRUE(connection.await_close());
    };
}

[[nodiscard]] std::string words() {
    std::string text;
    for (int i = 0; i < 40; ++i) {
        text += "hello ";
    }
    return text;
}

TEST(UncoveredStream, EndsAsIfItsLimitWereReached) {
    GatewayBench bench(
        {.policy = std::string(kSmall)},
        {talkative(
            kSseHead,
            "data: {\"id\":\"c-1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{"
            "\"content\":\"" +
                words() + "\"},\"finish_reason\":null}]}\n\n",
            kEvents)});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::chat(
        R"({"model":"m","max_tokens":100,"stream":true,"stream_options":{"include_usage":true},"messages":[]})"));
    const std::string answer = caller.read_until("data: [DONE]\n\n");
    const auto row = bench.rows().next();

    EXPECT_THAT(answer, HasSubstr(R"("delta":{},"finish_reason":"length")"));
    EXPECT_THAT(answer, HasSubstr(R"("usage":{"prompt_tokens":)"));
    EXPECT_THAT(answer, Not(HasSubstr(R"("error")")));
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->record().outcome, Outcome::cut);
    EXPECT_EQ(row->record().error_code, "insufficient_quota");
    EXPECT_EQ(row->record().finish_reason, "length");
    EXPECT_EQ(row->record().usage_source, UsageSource::counted);
    EXPECT_GT(row->record().usage.output_total, 1'800) << "what is left of the budget is used";
    EXPECT_LT(row->record().usage.output_total, 2'000 + kReadTokens);
    EXPECT_EQ(bench.quota().reservations_open(), 0U);
    EXPECT_EQ(bench.standing().budgets.at(0).spent, row->record().cost);
    EXPECT_EQ(bench.standing().budgets.at(0).reserved, Money{});
}

TEST(UncoveredStream, GoesOnWhileTheBudgetHasMore) {
    GatewayBench bench(
        {.policy = R"({"max_parallel_requests":50,"budgets":[{"period":"total","limit":"5"}]})"},
        {[](ScriptedConnection& connection) {
            static_cast<void>(connection.read_request());
            connection.send(kSseHead);
            for (int i = 0; i < kEvents; ++i) {
                connection.send(chunk(
                    "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{"
                    "\"content\":\"" +
                    words() + "\"},\"finish_reason\":null}]}\n\n"));
            }
            connection.send(chunk(kFinish) + chunk(kUsage) + chunk(kDone) + "0\r\n\r\n");
            static_cast<void>(connection.await_close());
        }});
    ScriptedCaller caller(bench.port());

    caller.send(
        GatewayBench::chat(R"({"model":"m","max_tokens":100,"stream":true,"messages":[]})"));
    const std::string answer = caller.read_until("data: [DONE]\n\n");
    const auto row = bench.rows().next();

    EXPECT_THAT(answer, HasSubstr(R"("finish_reason":"stop")"));
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->record().outcome, Outcome::answered);
    EXPECT_EQ(row->record().error_code, "");
    EXPECT_EQ(bench.quota().reservations_open(), 0U);
    EXPECT_EQ(bench.standing().parallel_requests, 0);
    EXPECT_EQ(bench.standing().budgets.at(0).spent, row->record().cost);
    EXPECT_EQ(bench.standing().budgets.at(0).reserved, Money{});
}

TEST(UncoveredStream, OfAProviderThatBillsOnIsReadForItsUsage) {
    GatewayBench bench(
        {.policy = std::string(kSmall), .on_disconnect = gateway::OnDisconnect::drain},
        {[](ScriptedConnection& connection) {
            static_cast<void>(connection.read_request());
            connection.send(kSseHead);
            for (int i = 0; i < kEvents; ++i) {
                connection.send(chunk(
                    "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{"
                    "\"content\":\"" +
                    words() + "\"},\"finish_reason\":null}]}\n\n"));
            }
            connection.send(chunk(kFinish) + chunk(kUsage) + chunk(kDone) + "0\r\n\r\n");
            static_cast<void>(connection.await_close());
        }});
    ScriptedCaller caller(bench.port());

    caller.send(
        GatewayBench::chat(R"({"model":"m","max_tokens":100,"stream":true,"messages":[]})"));
    const std::string answer = caller.read_until("data: [DONE]\n\n");
    const auto row = bench.rows().next();

    EXPECT_THAT(answer, HasSubstr(R"("finish_reason":"length")"));
    EXPECT_THAT(answer, Not(HasSubstr(R"("finish_reason":"stop")")));
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->record().usage_source, UsageSource::provider);
    EXPECT_EQ(row->record().usage.output_total, 5);
    EXPECT_EQ(row->record().outcome, Outcome::cut);
}

TEST(UncoveredStream, OfAnthropicsClosesItsBlock) {
    std::string first =
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"x\","
        "\"model\":\"m\",\"usage\":{\"input_tokens\":7,\"output_tokens\":1}}}\n\n"
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
        "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";
    const std::string more =
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
        "\"delta\":{\"type\":\"text_delta\",\"text\":\"" +
        words() + "\"}}\n\n";
    GatewayBench bench(
        {.policy = std::string(kSmall), .provider_kind = "anthropic"},
        {[&](ScriptedConnection& connection) {
            static_cast<void>(connection.read_request());
            connection.send(kSseHead);
            connection.send(chunk(first));
            for (int i = 0; i < kEvents; ++i) {
                connection.send(chunk(more));
            }
            EXPECT_TRUE(connection.await_close());
        }});
    ScriptedCaller caller(bench.port());

    caller.send(GatewayBench::post(
        "/v1/messages", R"({"model":"m","max_tokens":100,"stream":true,"messages":[]})"));
    const std::string answer = caller.read_until("\"type\":\"message_stop\"}\n\n");

    EXPECT_THAT(answer, HasSubstr(R"({"type":"content_block_stop","index":0})"));
    EXPECT_THAT(answer, HasSubstr(R"("stop_reason":"max_tokens")"));
    EXPECT_THAT(answer, Not(HasSubstr("event: error")));
}

}  // namespace
}  // namespace pulse::tests
