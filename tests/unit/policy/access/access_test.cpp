#include "policy/access/access.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::policy {
namespace {

TEST(MatchesGlob, TakesAStarForAnyRunAndAQuestionMarkForOneCharacter) {
    EXPECT_TRUE(matches_glob("*", ""));
    EXPECT_TRUE(matches_glob("gpt-4o", "gpt-4o"));
    EXPECT_TRUE(matches_glob("gpt-4*", "gpt-4o-mini"));
    EXPECT_TRUE(matches_glob("*mini", "gpt-4o-mini"));
    EXPECT_TRUE(matches_glob("gpt-?o", "gpt-4o"));
    EXPECT_TRUE(matches_glob("openai/*-mini*", "openai/gpt-4o-mini-2024"));
    EXPECT_TRUE(matches_glob("**a**", "bab"));
    EXPECT_TRUE(matches_glob("a*b*c", "a-b-b-c"));
}

TEST(MatchesGlob, RefusesWhatDiffers) {
    EXPECT_FALSE(matches_glob("", "a"));
    EXPECT_FALSE(matches_glob("gpt-4", "gpt-4o"));
    EXPECT_FALSE(matches_glob("GPT-4o", "gpt-4o"));
    EXPECT_FALSE(matches_glob("gpt-?", "gpt-"));
    EXPECT_FALSE(matches_glob("*mini", "gpt-4o-mini-2024"));
    EXPECT_FALSE(matches_glob("a*b*c", "a-c-b"));
    EXPECT_FALSE(matches_glob("a", ""));
}

TEST(MatchesGlob, StaysQuickOnAHostilePattern) {
    std::string pattern;
    for (int i = 0; i < 100; ++i) {
        pattern += "a*";
    }

    EXPECT_FALSE(matches_glob(pattern + "b", std::string(2'000, 'a')));
}

TEST(CheckModel, LetsEverythingPassWithoutRules) {
    EXPECT_TRUE(check_model({}, "openai", "gpt-4o", "gpt-4o"));
}

TEST(CheckModel, MatchesTheNameAloneAndBehindItsProvider) {
    Policy policy;
    policy.allowed_models = {"gpt-4o*", "anthropic/*"};

    EXPECT_TRUE(check_model(policy, "openai", "gpt-4o-mini", "gpt-4o-mini"));
    EXPECT_TRUE(check_model(policy, "anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5"));
    EXPECT_FALSE(check_model(policy, "openai", "o3", "o3"));
}

TEST(CheckModel, LetsABlockWinOverAnAllowance) {
    Policy policy;
    policy.allowed_models = {"*"};
    policy.blocked_models = {"openai/gpt-5*"};

    const Result<void> checked = check_model(policy, "openai", "gpt-5-pro", "smart");

    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code(), Errc::model_not_allowed);
    EXPECT_EQ(checked.error().param(), "model");
    EXPECT_EQ(
        checked.error().detail(),
        "model 'smart' is blocked for this key by 'openai/gpt-5*' in blocked_models");
}

TEST(CheckModel, NamesTheProviderThatIsNotAllowed) {
    Policy policy;
    policy.allowed_providers = {"mistral"};

    const Result<void> checked = check_model(policy, "openai", "gpt-4o", "gpt-4o");

    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code(), Errc::model_not_allowed);
    EXPECT_NE(checked.error().detail().find("provider 'openai'"), std::string::npos);
    EXPECT_TRUE(check_model(policy, "mistral", "m", "m"));
}

TEST(CheckAddress, LetsEveryAddressPassWithoutAList) {
    EXPECT_TRUE(check_address({}, "not an address"));
}

TEST(CheckAddress, TakesBothFamiliesAndMappedAddresses) {
    Policy policy;
    policy.ip_allowlist = {"10.0.0.0/8", "2001:db8::/32"};

    EXPECT_TRUE(check_address(policy, "10.200.1.2"));
    EXPECT_TRUE(check_address(policy, "::ffff:10.200.1.2"));
    EXPECT_TRUE(check_address(policy, "2001:db8:1::1"));
    EXPECT_FALSE(check_address(policy, "11.0.0.1"));
    EXPECT_FALSE(check_address(policy, "2001:db9::1"));
}

TEST(CheckAddress, RefusesWhatItCannotReadWhenThereIsAList) {
    Policy policy;
    policy.ip_allowlist = {"0.0.0.0/0", "::/0"};

    const Result<void> checked = check_address(policy, "unix");

    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code(), Errc::ip_not_allowed);
}

TEST(CheckAttribution, NamesTheMissingFieldAndItsHeader) {
    Policy policy;
    policy.require_attribution = {"team", "project"};
    Attribution attribution;
    attribution.team = "search";

    const Result<void> checked = check_attribution(policy, attribution);

    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code(), Errc::attribution_required);
    EXPECT_EQ(
        checked.error().detail(), "this key requires a project: send the header x-pulse-project");
}

TEST(CheckAttribution, IsContentWithEveryFieldGiven) {
    Policy policy;
    policy.require_attribution = {"team", "project", "user", "app", "client", "tag.env"};
    const Attribution attribution{"o", "t", "p", "u", "a", "c", {{"env", "test"}}};

    EXPECT_TRUE(check_attribution(policy, attribution));
}

TEST(CheckAttribution, RequiresATagWithAValue) {
    Policy policy;
    policy.require_attribution = {"tag.env"};
    Attribution attribution;
    attribution.tags = {{"env", ""}, {"other", "x"}};

    const Result<void> checked = check_attribution(policy, attribution);

    ASSERT_FALSE(checked);
    EXPECT_EQ(
        checked.error().detail(),
        "this key requires the tag 'env': send the header x-pulse-tags: env=VALUE");
}

TEST(CheckRequestSize, LetsTheExactLimitsPass) {
    Policy policy;
    policy.max_tokens_per_request = 1'000;
    policy.max_cost_per_request = Money::from_pico(500);

    EXPECT_TRUE(check_request_size(policy, 1'000, Money::from_pico(500)));
    EXPECT_TRUE(check_request_size({}, 1'000'000, Money::from_pico(1'000'000)));
}

TEST(CheckRequestSize, TellsTokensFromCost) {
    Policy policy;
    policy.max_tokens_per_request = 1'000;
    policy.max_cost_per_request = Money::from_pico(500);

    const Result<void> tokens = check_request_size(policy, 1'001, Money{});
    const Result<void> cost = check_request_size(policy, 1, Money::from_pico(501));

    ASSERT_FALSE(tokens);
    ASSERT_FALSE(cost);
    EXPECT_EQ(tokens.error().code(), Errc::max_tokens_exceeded);
    EXPECT_NE(tokens.error().detail().find("1001 tokens"), std::string::npos);
    EXPECT_EQ(cost.error().code(), Errc::max_cost_exceeded);
    EXPECT_NE(cost.error().detail().find("0.000000000501 USD"), std::string::npos);
}

}  // namespace
}  // namespace pulse::policy
