// Policies above keys and every field of a policy, over real sockets.
#include "tests/unit/gateway/exchange_scripts.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pulse::tests {
namespace {

using policy::Scope;
using testing::HasSubstr;
using testing::Not;

[[nodiscard]] Attribution of(std::string team, std::string project = {}, std::string app = {}) {
    Attribution attribution;
    attribution.team = std::move(team);
    attribution.project = std::move(project);
    attribution.app = std::move(app);
    return attribution;
}

[[nodiscard]] policy::ScopedPolicy above(
    Scope scope, const std::string& id, const std::string& json) {
    auto parsed = policy::parse_policy(json, scope);
    EXPECT_TRUE(parsed.has_value()) << parsed.error().detail();
    return {.org = "", .scope = scope, .id = id, .policy = *parsed};
}

[[nodiscard]] policy::ScopedBudget budget_of(Scope scope, const std::string& id, Money limit) {
    policy::Budget budget;
    budget.scope = scope;
    budget.scope_id = id;
    budget.period = policy::Period::total;
    budget.limit = limit;
    return {.org = "", .budget = budget};
}

[[nodiscard]] constexpr Money micro_usd(std::int64_t count) {
    return Money::from_pico(Int128{count} * 1'000'000);
}

[[nodiscard]] std::string ask(GatewayBench& bench, std::string_view request) {
    ScriptedCaller caller(bench.port());
    caller.send(request);
    return caller.read_answer();
}

[[nodiscard]] std::string chat_as(std::string_view fields) {
    return GatewayBench::post("/v1/chat/completions", R"({"model":"m","messages":[]})", fields);
}

TEST(PoliciesAbove, RefuseWhatTheKeyAllowsAndAreNamed) {
    GatewayBench bench(
        {.policy = R"({"allowed_models":["m","x"]})",
         .attribution = of("search"),
         .above =
             {above(Scope::team, "search", R"({"blocked_models":["m"]})"),
              above(Scope::organisation, "", R"({"allowed_models":["m"]})")}},
        {});

    const std::string answer = ask(bench, GatewayBench::plain_chat());
    const auto row = bench.rows().next();

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 403"));
    EXPECT_THAT(answer, HasSubstr("the team `search`'s blocked_models"));
    EXPECT_THAT(
        ask(bench, GatewayBench::chat(R"({"model":"x","messages":[]})")),
        HasSubstr("the organisation's allowed_models"));
    ASSERT_NE(row, nullptr);
    EXPECT_EQ(row->record().error_code, "model_not_allowed");
}

TEST(PoliciesAbove, ApplyToTheTeamThatAHeaderNames) {
    GatewayBench bench(
        {.above = {above(Scope::team, "search", R"({"blocked_models":["m"]})")}}, {answer_once});

    EXPECT_THAT(ask(bench, GatewayBench::plain_chat()), HasSubstr("HTTP/1.1 200"));
    EXPECT_THAT(ask(bench, chat_as("x-pulse-team: search\r\n")), HasSubstr("HTTP/1.1 403"));
}

TEST(PoliciesAbove, AreNotLeftByNamingAnotherTeam) {
    GatewayBench bench(
        {.attribution = of("search", "free"),
         .budgets = {budget_of(Scope::team, "search", micro_usd(1'000'000))}},
        {answer_once});

    const std::string left = ask(bench, chat_as("x-pulse-team: other\r\n"));

    EXPECT_THAT(left, HasSubstr("HTTP/1.1 403"));
    EXPECT_THAT(left, HasSubstr("belongs to the team `search`"));
    EXPECT_THAT(
        ask(bench, chat_as("x-pulse-team: search\r\nx-pulse-project: other\r\n")),
        HasSubstr("HTTP/1.1 200"))
        << "where nothing limits the project another may be named";
}

TEST(PoliciesAbove, FixTheAttribution) {
    GatewayBench bench(
        {.above = {above(Scope::organisation, "", R"({"allow_attribution_override":false})")}}, {});

    const std::string answer = ask(bench, chat_as("x-pulse-user: ada\r\n"));

    EXPECT_THAT(answer, HasSubstr("HTTP/1.1 403"));
    EXPECT_THAT(answer, HasSubstr("fixed by the organisation"));
}

TEST(PoliciesAbove, RequireAttribution) {
    GatewayBench bench(
        {.above = {above(
             Scope::organisation, "", R"({"require_attribution":["project","tag.env"]})")}},
        {answer_once});

    EXPECT_THAT(ask(bench, GatewayBench::plain_chat()), HasSubstr("attribution_required"));
    EXPECT_THAT(
        ask(bench, chat_as("x-pulse-project: p\r\nx-pulse-tags: env=test\r\n")),
        HasSubstr("HTTP/1.1 200"));
}

TEST(PoliciesAbove, LimitAddressesBehindATrustedProxy) {
    GatewayBench bench(
        {.above = {above(Scope::organisation, "", R"({"ip_allowlist":["192.0.2.0/24"]})")},
         .trusted_proxies = {"127.0.0.1/32"}},
        {answer_once});

    EXPECT_THAT(ask(bench, GatewayBench::plain_chat()), HasSubstr("ip_not_allowed"));
    EXPECT_THAT(ask(bench, chat_as("x-forwarded-for: 192.0.2.7\r\n")), HasSubstr("HTTP/1.1 200"));
    EXPECT_THAT(
        ask(bench, chat_as("x-forwarded-for: 192.0.2.7, 198.51.100.1\r\n")),
        HasSubstr("ip_not_allowed"));
}

TEST(PoliciesAbove, LimitTheSizeOfARequest) {
    GatewayBench bench(
        {.attribution = of({}, {}, "bot"),
         .above =
             {above(Scope::app, "bot", R"({"max_tokens_per_request":1000})"),
              above(Scope::organisation, "", R"({"max_cost_per_request":"0.0005"})")}},
        {});

    EXPECT_THAT(
        ask(bench, GatewayBench::chat(R"({"model":"m","max_tokens":2000,"messages":[]})")),
        HasSubstr("the app `bot`'s limit is 1000"));
    EXPECT_THAT(
        ask(bench, GatewayBench::chat(R"({"model":"m","max_tokens":900,"messages":[]})")),
        HasSubstr("max_cost_exceeded"));
}

TEST(PoliciesAbove, BlockModelsWithoutAPrice) {
    GatewayBench bench(
        {.policy = R"({"unknown_price":"estimate"})",
         .above = {above(Scope::organisation, "", R"({"unknown_price":"block"})")},
         .has_prices = false},
        {});

    EXPECT_THAT(ask(bench, GatewayBench::plain_chat()), HasSubstr("unpriced_model"));
}

TEST(PoliciesAbove, ShowOnlyTheModelsThatAreOpen) {
    GatewayBench bench(
        {.above = {above(Scope::organisation, "", R"({"allowed_models":["none"]})")}}, {});

    EXPECT_THAT(ask(bench, GatewayBench::get("/v1/models")), HasSubstr(R"("data":[])"));
}

TEST(PoliciesAbove, ApplyToEstimates) {
    GatewayBench bench(
        {.above = {above(Scope::organisation, "", R"({"blocked_models":["m"]})")}}, {});

    EXPECT_THAT(
        ask(bench, GatewayBench::post("/v1/pulse/estimate", R"({"model":"m","messages":[]})")),
        HasSubstr("HTTP/1.1 403"));
}

TEST(PoliciesAbove, LogTheLeastContent) {
    GatewayBench bench(
        {.policy = R"({"log_content":"full"})",
         .above = {above(Scope::organisation, "", R"({"log_content":"none"})")}},
        {answer_once});

    EXPECT_THAT(ask(bench, GatewayBench::plain_chat()), HasSubstr("HTTP/1.1 200"));
    ASSERT_NE(bench.rows().next(), nullptr);
    EXPECT_TRUE(bench.content().all().empty());
}

TEST(BudgetsAbove, HoldEveryCallOfTheTeam) {
    GatewayBench bench(
        {.policy = R"({"clamp":false})",
         .attribution = of("search"),
         .budgets = {budget_of(Scope::team, "search", micro_usd(3000))}},
        {answer_once});

    const std::string first =
        ask(bench, GatewayBench::chat(R"({"model":"m","max_tokens":20,"messages":[]})"));
    const std::string second =
        ask(bench, GatewayBench::chat(R"({"model":"m","max_tokens":9000,"messages":[]})"));

    EXPECT_THAT(first, HasSubstr("HTTP/1.1 200"));
    EXPECT_THAT(second, HasSubstr("HTTP/1.1 429"));
    EXPECT_THAT(second, HasSubstr("insufficient_quota"));
    EXPECT_THAT(second, HasSubstr("team"));
    EXPECT_THAT(second, HasSubstr("x-should-retry: false"));
    EXPECT_THAT(second, Not(HasSubstr("retry-after")));
}

TEST(BudgetsAbove, NeedTheKeysWordForDeferredWork) {
    const auto batch = GatewayBench::post("/v1/batches", R"({"input_file_id":"file-1"})");
    GatewayBench refused({.budgets = {budget_of(Scope::organisation, "", micro_usd(3000))}}, {});
    GatewayBench allowed(
        {.policy = R"({"allow_deferred":true})",
         .budgets = {budget_of(Scope::organisation, "", micro_usd(3000))}},
        {});

    EXPECT_THAT(ask(refused, batch), HasSubstr("allow_deferred"));
    EXPECT_THAT(ask(allowed, batch), HasSubstr("no object `file-1`"));
}

TEST(BudgetsAbove, RefuseAListOfModelsThatTheProviderChoosesFrom) {
    GatewayBench bench({.budgets = {budget_of(Scope::organisation, "", micro_usd(3000))}}, {});

    EXPECT_THAT(
        ask(bench, GatewayBench::chat(R"({"model":"m","models":["dear"],"messages":[]})")),
        HasSubstr("a hard budget applies"));
}

TEST(KeyStanding, ShowsEveryScopesBudgetsAndThePolicies) {
    GatewayBench bench(
        {.policy = R"({"requests_per_minute":100,"budgets":[{"period":"month","limit":"5"}]})",
         .attribution = of("search"),
         .above = {above(Scope::team, "search", R"({"tokens_per_minute":5000})")},
         .budgets = {budget_of(Scope::team, "search", micro_usd(3000))}},
        {answer_once});
    EXPECT_THAT(
        ask(bench, GatewayBench::chat(R"({"model":"m","max_tokens":20,"messages":[]})")),
        HasSubstr("HTTP/1.1 200"));

    const std::string answer = ask(bench, GatewayBench::get("/v1/pulse/key"));
    const boost::json::value json = boost::json::parse(answer.substr(answer.find("\r\n\r\n") + 4));

    EXPECT_THAT(answer, HasSubstr("x-ratelimit-limit-requests: 100"));
    const auto& budgets = json.at("budgets").as_array();
    ASSERT_EQ(budgets.size(), 2U);
    EXPECT_EQ(budgets[0].at("scope"), "key");
    EXPECT_EQ(budgets[1].at("scope"), "team");
    EXPECT_EQ(budgets[1].at("scope_id"), "search");
    EXPECT_EQ(budgets[1].at("limit"), "0.003");
    EXPECT_EQ(budgets[1].at("spent"), "0.000015");
    EXPECT_EQ(budgets[1].at("reserved"), "0");
    EXPECT_EQ(budgets[1].at("remaining"), "0.002985");
    EXPECT_EQ(json.at("limits").at("requests").at("limit"), 100);
    EXPECT_EQ(json.at("limits").at("tokens").at("limit"), 5'000);
    ASSERT_EQ(json.at("policies").as_array().size(), 2U);
    EXPECT_EQ(json.at("policies").at(1).at("scope_id"), "search");
    EXPECT_EQ(json.at("policies").at(1).at("policy").at("tokens_per_minute"), 5'000);
    EXPECT_EQ(json.at("parallel_requests"), 0);
}

}  // namespace
}  // namespace pulse::tests
