#include "tests/unit/app/config/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace pulse::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kProviders =
    "providers: { a: { base_url: 'https://a' }, off: { base_url: 'https://b', api_key: '' } }\n";

[[nodiscard]] std::string with_providers(std::string_view models) {
    return std::string(kProviders) + std::string(models);
}

TEST(VirtualModels, LeadToTheirTargetsWithTheGatewaysTimeoutsExceptTheirOwn) {
    const Result<Config> config = parse(with_providers(
        "gateway: { timeouts: { idle: 7s, total: 8m } }\n"
        "models:\n  smart:\n    targets: [ { provider: a, model: m-1, weight: 3 } ]\n"
        "    timeouts: { connect: 1s, total: 60m }\n"));

    ASSERT_TRUE(config) << config.error().detail();
    ASSERT_EQ(config->gateway.models.size(), 1U);
    const gateway::VirtualModel& model = config->gateway.models[0];
    EXPECT_EQ(model.name, "smart");
    EXPECT_EQ(model.strategy, "fallback");
    ASSERT_EQ(model.targets.size(), 1U);
    EXPECT_EQ(model.targets[0].provider, "a");
    EXPECT_EQ(model.targets[0].model, "m-1");
    EXPECT_EQ(model.targets[0].weight, 3);
    EXPECT_EQ(model.timeouts.connect, 1s);
    EXPECT_EQ(model.timeouts.total, 60min);
    EXPECT_EQ(model.timeouts.idle, 7s);
    EXPECT_THAT(
        config->warnings,
        testing::UnorderedElementsAre(
            HasSubstr("providers.off.api_key"),
            HasSubstr("models.smart.timeouts`: has no effect in this version")));
}

TEST(VirtualModels, NeedTargetsOfKnownProviders) {
    EXPECT_EQ(
        problems("models:\n  smart:\n    targets: [ { provider: sandbux, model: m } ]\n"),
        "p.yaml:3: key `models.smart.targets[0].provider`: names no provider of this "
        "configuration; did you mean "
        "`sandbox`?; allowed are sandbox");
    EXPECT_EQ(
        problems("models:\n  smart: {}\n"),
        "p.yaml:2: key `models.smart.targets`: is missing; it is list of maps");
    EXPECT_EQ(
        problems("models: { smart: { targets: [] } }\n"),
        "p.yaml:1: key `models.smart.targets`: is empty; at least one { provider, model } is "
        "needed");
    EXPECT_THAT(
        problems("models: { smart: { targets: [ { provider: sandbox } ] } }\n"),
        HasSubstr("key `models.smart.targets[0].model`: is missing; it is text"));
    EXPECT_THAT(
        problems("models: { 'a b': { targets: [ { provider: sandbox, model: m } ] } }\n"),
        HasSubstr("cannot name a model"));
}

TEST(VirtualModels, LeaveOutTargetsWhoseProviderIsOff) {
    const Result<Config> config = parse(with_providers(
        "models: { m: { targets: [ { provider: off, model: x }, { provider: a, model: y } ] } }"));
    const Result<Config> none =
        parse(with_providers("models: { m: { targets: [ { provider: off, model: x } ] } }"));

    ASSERT_TRUE(config) << config.error().detail();
    ASSERT_EQ(config->gateway.models[0].targets.size(), 1U);
    EXPECT_EQ(config->gateway.models[0].targets[0].provider, "a");
    ASSERT_TRUE(none);
    EXPECT_THAT(none->gateway.models, IsEmpty());
    EXPECT_THAT(
        none->warnings.back(), HasSubstr("key `models.m`: is left out: none of its targets is on"));
}

TEST(VirtualModels, RefuseStrategiesThatAreNotServedYet) {
    EXPECT_EQ(
        problems("models:\n  m:\n    strategy: cheapest\n    targets: [ { provider: sandbox, "
                 "model: x } ]\n"),
        "p.yaml:3: key `models.m.strategy`: is not served by this version yet; allowed is "
        "fallback");
    EXPECT_THAT(
        problems("models: { m: { strategy: luck, targets: [ { provider: sandbox, model: x } ] } }"),
        HasSubstr("is none of the words that are allowed: fallback"));
}

TEST(VirtualModels, WarnOfRetriesSeveralTargetsAndDroppedFields) {
    const Result<Config> config = parse(
        "models:\n  m:\n    targets:\n      - { provider: sandbox, model: x }\n      - { provider: "
        "sandbox, model: y }\n"
        "    retry: { attempts: 2, on: [429, 5xx, connect] }\n    drop_unsupported: true\n");

    ASSERT_TRUE(config) << config.error().detail();
    EXPECT_THAT(
        config->warnings,
        ElementsAre(
            HasSubstr("p.yaml:3: key `models.m.targets`: has several targets"),
            HasSubstr("p.yaml:6: key `models.m.retry.attempts`: has no effect in this version"),
            HasSubstr("p.yaml:7: key `models.m.drop_unsupported`: has no effect in this version")));
    EXPECT_THAT(
        problems("models: { m: { targets: [ { provider: sandbox, model: x } ], retry: { on: "
                 "[sunday] } } }"),
        HasSubstr("key `models.m.retry.on[0]`: is none of the words that are allowed: 408"));
}

}  // namespace
}  // namespace pulse::app
