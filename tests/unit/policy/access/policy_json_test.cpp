#include "policy/access/policy.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::policy {
namespace {

[[nodiscard]] std::string error_of(std::string_view json) {
    const Result<Policy> policy = parse_policy(json);
    return policy ? "(no error)" : policy.error().detail();
}

constexpr std::string_view kEverything = R"({
    "allowed_models": ["gpt-4o*", "anthropic/*"],
    "blocked_models": ["*-preview"],
    "allowed_providers": ["openai", "anthropic"],
    "requests_per_minute": 600,
    "requests_per_day": 10000,
    "tokens_per_minute": 200000,
    "tokens_per_day": 5000000,
    "max_parallel_requests": 20,
    "max_tokens_per_request": 100000,
    "max_cost_per_request": "1.50",
    "budgets": [
        {"scope": "key", "period": "month", "limit": "50.00", "currency": "USD"},
        {"period": "day", "limit": 0.1, "soft": true}
    ],
    "clamp": false,
    "on_store_failure": "closed",
    "unknown_price": "block",
    "require_attribution": ["team", "tag.env"],
    "ip_allowlist": ["10.0.0.0/8", "2001:db8::/32"],
    "downgrade_to": "gpt-4o-mini",
    "allow_deferred": true,
    "allow_attribution_override": false,
    "log_content": "redacted"
})";

TEST(ParsePolicy, ReadsEveryField) {
    const Policy policy = parse_policy(kEverything).value();

    EXPECT_EQ(policy.allowed_models, (std::vector<std::string>{"gpt-4o*", "anthropic/*"}));
    EXPECT_EQ(policy.blocked_models, (std::vector<std::string>{"*-preview"}));
    EXPECT_EQ(policy.allowed_providers, (std::vector<std::string>{"openai", "anthropic"}));
    EXPECT_EQ(policy.requests_per_minute, 600);
    EXPECT_EQ(policy.requests_per_day, 10'000);
    EXPECT_EQ(policy.tokens_per_minute, 200'000);
    EXPECT_EQ(policy.tokens_per_day, 5'000'000);
    EXPECT_EQ(policy.max_parallel_requests, 20);
    EXPECT_EQ(policy.max_tokens_per_request, 100'000);
    EXPECT_EQ(policy.max_cost_per_request, Money::parse("1.5").value());
    ASSERT_EQ(policy.budgets.size(), 2U);
    EXPECT_EQ(
        policy.budgets[0],
        (Budget{Scope::key, Period::month, Money::parse("50").value(), "USD", false}));
    EXPECT_EQ(
        policy.budgets[1],
        (Budget{Scope::key, Period::day, Money::parse("0.1").value(), "USD", true}));
    EXPECT_EQ(policy.clamp, false);
    EXPECT_EQ(policy.on_store_failure, OnStoreFailure::closed);
    EXPECT_EQ(policy.unknown_price, UnknownPrice::block);
    EXPECT_EQ(policy.require_attribution, (std::vector<std::string>{"team", "tag.env"}));
    EXPECT_EQ(policy.ip_allowlist, (std::vector<std::string>{"10.0.0.0/8", "2001:db8::/32"}));
    EXPECT_EQ(policy.downgrade_to, "gpt-4o-mini");
    EXPECT_TRUE(policy.allow_deferred);
    EXPECT_FALSE(policy.allow_attribution_override);
    EXPECT_EQ(policy.log_content, "redacted");
}

TEST(ParsePolicy, ReadsNothingAsThePolicyWithoutLimits) {
    EXPECT_EQ(parse_policy("").value(), Policy{});
    EXPECT_EQ(parse_policy(" \n").value(), Policy{});
    EXPECT_EQ(parse_policy("{}").value(), Policy{});
    EXPECT_EQ(parse_policy(R"({"requests_per_minute":null,"budgets":null})").value(), Policy{});
}

TEST(ParsePolicy, ReadsMoneyFromItsTextAndNeverThroughADouble) {
    const Policy policy =
        parse_policy(R"({"budgets":[{"period":"total","limit":123456789.123456789012}]})").value();

    EXPECT_EQ(policy.budgets[0].limit.to_string(), "123456789.123456789012");
}

TEST(ParsePolicy, NamesTheKnownFieldsForAnUnknownOne) {
    const Result<Policy> policy = parse_policy(R"({"rpm":5})");

    ASSERT_FALSE(policy);
    EXPECT_EQ(policy.error().code(), Errc::invalid_request);
    EXPECT_EQ(policy.error().param(), "rpm");
    EXPECT_EQ(
        policy.error().detail().substr(0, 95),
        "policy: rpm is no field here; the fields are allowed_models, blocked_models, "
        "allowed_providers,");
}

TEST(ParsePolicy, NamesTheKnownFieldsOfABudget) {
    EXPECT_EQ(
        error_of(
            R"({"budgets":[{"period":"day","limit":"1"},{"period":"day","limit":"1","per":2}]})"),
        "policy: budgets[1].per is no field here; the fields are scope, scope_id, period, limit, "
        "currency or soft");
}

TEST(ParsePolicy, RefusesBudgetsThatThisVersionWouldNotEnforce) {
    EXPECT_EQ(
        error_of(R"({"budgets":[{"period":"day","limit":"1","currency":"EUR"}]})"),
        "policy: budgets[0].currency must be USD: this version enforces budgets in USD only, and "
        "one "
        "in EUR would not be enforced");
}

TEST(ParsePolicy, RefusesAnOpenStoreTogetherWithAHardBudget) {
    constexpr std::string_view kSoft =
        R"({"on_store_failure":"open","budgets":[{"period":"day","limit":"1","soft":true}]})";

    EXPECT_TRUE(parse_policy(kSoft));
    EXPECT_NE(
        error_of(R"({"on_store_failure":"open","budgets":[{"period":"day","limit":"1"}]})")
            .find("on_store_failure cannot be open"),
        std::string::npos);
}

TEST(ParsePolicy, RefusesValuesOfTheWrongKind) {
    for (const std::string_view json :
         {R"([])",
          R"("x")",
          R"({"requests_per_minute":"600"})",
          R"({"requests_per_minute":0})",
          R"({"requests_per_minute":-1})",
          R"({"requests_per_minute":1.0})",
          R"({"requests_per_minute":1e3})",
          R"({"requests_per_minute":1000000000001})",
          R"({"requests_per_minute":99999999999999999999})",
          R"({"max_cost_per_request":true})",
          R"({"max_cost_per_request":"-1"})",
          R"({"max_cost_per_request":"1,5"})",
          R"({"max_cost_per_request":"0.0000000000001"})",
          R"({"max_cost_per_request":1e13})",
          R"({"allowed_models":"gpt"})",
          R"({"allowed_models":[1]})",
          R"({"allowed_models":[""]})",
          R"({"budgets":{}})",
          R"({"budgets":[1]})",
          R"({"budgets":[{"limit":"1"}]})",
          R"({"budgets":[{"period":"day"}]})",
          R"({"budgets":[{"period":"day","limit":null}]})",
          R"({"budgets":[{"period":"year","limit":"1"}]})",
          R"({"clamp":1})",
          R"({"on_store_failure":"maybe"})",
          R"({"unknown_price":"free"})",
          R"({"require_attribution":["room"]})",
          R"({"require_attribution":["tag."]})",
          R"({"ip_allowlist":["10.0.0.1/8"]})",
          R"({"downgrade_to":""})",
          R"({"log_content":"all"})",
          R"({"clamp":true,"clamp":true})"}) {
        EXPECT_FALSE(parse_policy(json)) << json;
    }
}

TEST(ParsePolicy, SaysWhatAFieldMayBe) {
    EXPECT_EQ(
        error_of(R"({"requests_per_minute":"600"})"),
        "policy: requests_per_minute must be a whole number from 1 to 1000000000000, not a string; "
        "leave it out for no limit");
    EXPECT_EQ(
        error_of(R"({"budgets":[{"period":"year","limit":"1"}]})"),
        "policy: budgets[0].period must be hour, day, week, month or total");
    EXPECT_EQ(error_of(R"({"budgets":[{"limit":"1"}]})"), "policy: budgets[0] needs a period");
}

TEST(PolicyToJson, IsReadBackEqual) {
    const Policy policy = parse_policy(kEverything).value();

    EXPECT_EQ(parse_policy(to_json(policy)).value(), policy);
}

TEST(ParsePolicy, TakesBudgetsOfWhatAKeyBelongsTo) {
    const Policy policy = parse_policy(R"({"budgets":[
        {"scope":"team","period":"month","limit":"100"},
        {"scope":"project","scope_id":"ranking","period":"day","limit":"5"},
        {"scope":"model","scope_id":"gpt-4o*","period":"day","limit":"5"},
        {"scope":"tag","scope_id":"env=prod","period":"day","limit":"5"}]})").value();

    ASSERT_EQ(policy.budgets.size(), 4U);
    EXPECT_EQ(policy.budgets[0].scope, Scope::team);
    EXPECT_EQ(policy.budgets[0].scope_id, "");
    EXPECT_EQ(policy.budgets[1].scope_id, "ranking");
    EXPECT_EQ(parse_policy(to_json(policy)).value(), policy);
}

TEST(ParsePolicy, WantsAModelAndATagNamed) {
    EXPECT_EQ(
        error_of(R"({"budgets":[{"scope":"model","period":"day","limit":"1"}]})"),
        "policy: budgets[0] needs a scope_id: the model, or a glob over MODEL and PROVIDER/MODEL");
    EXPECT_EQ(
        error_of(R"({"budgets":[{"scope":"tag","scope_id":"prod","period":"day","limit":"1"}]})"),
        "policy: budgets[0] needs a scope_id NAME=VALUE: the tag; VALUE may be a glob");
    EXPECT_EQ(
        error_of(R"({"budgets":[{"scope_id":"k","period":"day","limit":"1"}]})"),
        "policy: budgets[0].scope_id must be left out with scope key: it is the key's own");
}

TEST(ParsePolicy, GivesAPolicyAboveKeysBudgetsOfItsOwnScopeOnly) {
    const std::string_view own = R"({"budgets":[{"period":"day","limit":"1"}]})";
    EXPECT_EQ(parse_policy(own, Scope::team).value().budgets[0].scope, Scope::team);
    const Policy written = parse_policy(own, Scope::team).value();
    EXPECT_EQ(parse_policy(to_json(written), Scope::team).value(), written);

    EXPECT_EQ(
        parse_policy(R"({"budgets":[{"scope":"key","period":"day","limit":"1"}]})", Scope::team)
            .error()
            .detail(),
        "policy: budgets[0].scope must be left out: the budgets of a policy of scope team are of "
        "that team. Others are made by themselves or with a key");
}

TEST(PolicyToJson, WritesOnlyWhatIsSet) {
    Policy policy;
    policy.requests_per_minute = 60;
    policy.budgets = {Budget{Scope::key, Period::day, Money::parse("2.50").value(), "USD", false}};

    EXPECT_EQ(to_json(Policy{}), "{}");
    EXPECT_EQ(
        to_json(policy),
        R"({"requests_per_minute":60,"budgets":[{"scope":"key","period":"day","limit":"2.5","currency":"USD","soft":false}]})");
}

TEST(Policy, KnowsWhetherItLimitsAnything) {
    EXPECT_FALSE(
        parse_policy(R"({"allowed_models":["x"],"max_tokens_per_request":5})")->has_limits());
    EXPECT_TRUE(parse_policy(R"({"tokens_per_day":5})")->has_limits());
    EXPECT_FALSE(parse_policy(R"({"budgets":[{"period":"day","limit":"1","soft":true}]})")
                     ->has_hard_budget());
    EXPECT_TRUE(parse_policy(R"({"budgets":[{"period":"day","limit":"1"}]})")->has_hard_budget());
}

}  // namespace
}  // namespace pulse::policy
