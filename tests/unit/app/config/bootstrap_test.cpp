#include "policy/access/policy.h"
#include "tests/unit/app/config/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace pulse::app {
namespace {

using testing::HasSubstr;

constexpr std::string_view kKey = "sk-pulse-abcdefghijklmnopqrstuvwxyz0123456789abcd";

[[nodiscard]] Variables key_variable() {
    return {{"KEY", std::string(kKey)}};
}

TEST(BootstrapKeys, AreReadWithTheirPolicyAsJson) {
    const Result<Config> config = parse(
        "bootstrap:\n  keys:\n"
        "    - { label: app-1, key: \"${KEY}\", org: acme, team: search, project: ranking, user: "
        "ann, app: web,\n"
        "        policy: { requests_per_minute: 600, allowed_models: [gpt-*, 'x'], clamp: true,\n"
        "                  budgets: [ { period: month, limit: \"50.00\", currency: USD } ] } }\n",
        key_variable());

    ASSERT_TRUE(config) << config.error().detail();
    ASSERT_EQ(config->bootstrap.keys.size(), 1U);
    const BootstrapKey& key = config->bootstrap.keys[0];
    EXPECT_EQ(key.label, "app-1");
    EXPECT_EQ(key.key, kKey);
    EXPECT_EQ(key.org, "acme");
    EXPECT_EQ(key.team, "search");
    EXPECT_EQ(key.project, "ranking");
    EXPECT_EQ(key.user, "ann");
    EXPECT_EQ(key.app, "web");
    EXPECT_EQ(
        key.policy_json,
        R"({"requests_per_minute":600,"allowed_models":["gpt-*","x"],"clamp":true,)"
        R"("budgets":[{"period":"month","limit":"50.00","currency":"USD"}]})");
    const Result<policy::Policy> policy = policy::parse_policy(key.policy_json);
    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->requests_per_minute, 600);
}

TEST(BootstrapKeys, HaveThePolicyWithoutLimitsWhenNoneIsWritten) {
    const Result<Config> config =
        parse("bootstrap: { keys: [ { label: a, key: '${KEY}' } ] }", key_variable());

    ASSERT_TRUE(config) << config.error().detail();
    EXPECT_EQ(config->bootstrap.keys[0].policy_json, "{}");
}

TEST(BootstrapKeys, NeedLabelAndKey) {
    EXPECT_EQ(
        problems("bootstrap:\n  keys:\n    - { team: x }\n"),
        "p.yaml:3: key `bootstrap.keys[0].label`: is missing; it is text\n"
        "p.yaml:3: key `bootstrap.keys[0].key`: is missing; it is text");
    EXPECT_EQ(
        problems("bootstrap:\n  keys:\n    - label: a\n      key: ${KEY}\n"),
        "p.yaml:4: key `bootstrap.keys[0].key`: is no virtual key; allowed is sk-pulse- and 12 to "
        "200 letters, digits, - "
        "or _ (not set in the environment: KEY)");
}

TEST(BootstrapKeys, RefuseWeakAndRepeatedKeysWithoutShowingThem) {
    const std::string weak =
        problems("bootstrap: { keys: [ { label: a, key: sk-pulse-hunter2 } ] }");
    EXPECT_THAT(weak, HasSubstr("is no virtual key"));
    EXPECT_EQ(weak.find("hunter2"), std::string::npos);
    EXPECT_THAT(
        problems("bootstrap: { keys: [ { label: a, key: sk-proj-abcdefghijklmnopqrstuvwxyz } ] }"),
        HasSubstr("is no virtual key"));

    EXPECT_EQ(
        problems(
            "bootstrap:\n  keys:\n    - { label: a, key: '${KEY}' }\n    - { label: b, key: "
            "'${KEY}' }\n",
            key_variable()),
        "p.yaml:4: key `bootstrap.keys[1].key`: is the key of an earlier entry; each key is made "
        "once");
}

TEST(BootstrapPolicy, IsCheckedAndItsProblemHasTheFieldsLine) {
    const std::string error = problems(
        "bootstrap:\n  keys:\n    - label: a\n      key: ${KEY}\n      policy:\n        "
        "requests_per_minute: 600\n"
        "        budgets:\n          - period: month\n            limit: lots\n",
        key_variable());

    EXPECT_THAT(error, HasSubstr("p.yaml:9: key `bootstrap.keys[0].policy.budgets[0].limit`: "));
}

TEST(BootstrapPolicy, RefusesUnknownFieldsAndWrongTypes) {
    const auto with_policy = [](const std::string& policy) {
        return problems(
            "bootstrap: { keys: [ { label: a, key: '${KEY}', policy: " + policy + " } ] }",
            key_variable());
    };

    EXPECT_THAT(with_policy("{ request_per_minute: 1 }"), HasSubstr("bootstrap.keys[0].policy"));
    EXPECT_THAT(
        with_policy("{ requests_per_minute: '600' }"),
        HasSubstr("bootstrap.keys[0].policy.requests_per_minute"));
    EXPECT_THAT(
        with_policy("{ requests_per_minute: 0600 }"),
        HasSubstr("bootstrap.keys[0].policy.requests_per_minute"));
    EXPECT_THAT(with_policy("[1]"), HasSubstr("is no map"));
    EXPECT_EQ(with_policy("{}"), "");
    EXPECT_EQ(with_policy("~"), "");
}

}  // namespace
}  // namespace pulse::app
