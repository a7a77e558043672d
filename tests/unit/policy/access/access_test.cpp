#include "policy/access/access.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace pulse::policy {
namespace {

/// A key's policy alone, as a directory gives it.
class OfKey {
public:
    explicit OfKey(const Policy& policy) : applied_{{Scope::key, "key-1", &policy}} {}
    operator AppliedPolicies() const { return applied_; }  // NOLINT: stands for the list it is

private:
    std::array<AppliedPolicy, 1> applied_;
};

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

    EXPECT_TRUE(check_model(OfKey(policy), "openai", "gpt-4o-mini", "gpt-4o-mini"));
    EXPECT_TRUE(check_model(OfKey(policy), "anthropic", "claude-sonnet-4-5", "claude-sonnet-4-5"));
    EXPECT_FALSE(check_model(OfKey(policy), "openai", "o3", "o3"));
}

TEST(CheckModel, LetsABlockWinOverAnAllowance) {
    Policy policy;
    policy.allowed_models = {"*"};
    policy.blocked_models = {"openai/gpt-5*"};

    const Result<void> checked = check_model(OfKey(policy), "openai", "gpt-5-pro", "smart");

    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code(), Errc::model_not_allowed);
    EXPECT_EQ(checked.error().param(), "model");
    EXPECT_EQ(
        checked.error().detail(),
        "model 'smart' is blocked by 'openai/gpt-5*' in this key's blocked_models");
}

TEST(CheckModel, NamesTheProviderThatIsNotAllowed) {
    Policy policy;
    policy.allowed_providers = {"mistral"};

    const Result<void> checked = check_model(OfKey(policy), "openai", "gpt-4o", "gpt-4o");

    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code(), Errc::model_not_allowed);
    EXPECT_NE(checked.error().detail().find("provider 'openai'"), std::string::npos);
    EXPECT_TRUE(check_model(OfKey(policy), "mistral", "m", "m"));
}

TEST(CheckAddress, LetsEveryAddressPassWithoutAList) {
    EXPECT_TRUE(check_address({}, "not an address"));
}

TEST(CheckAddress, TakesBothFamiliesAndMappedAddresses) {
    Policy policy;
    policy.ip_allowlist = {"10.0.0.0/8", "2001:db8::/32"};

    EXPECT_TRUE(check_address(OfKey(policy), "10.200.1.2"));
    EXPECT_TRUE(check_address(OfKey(policy), "::ffff:10.200.1.2"));
    EXPECT_TRUE(check_address(OfKey(policy), "2001:db8:1::1"));
    EXPECT_FALSE(check_address(OfKey(policy), "11.0.0.1"));
    EXPECT_FALSE(check_address(OfKey(policy), "2001:db9::1"));
}

TEST(CheckAddress, RefusesWhatItCannotReadWhenThereIsAList) {
    Policy policy;
    policy.ip_allowlist = {"0.0.0.0/0", "::/0"};

    const Result<void> checked = check_address(OfKey(policy), "unix");

    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code(), Errc::ip_not_allowed);
}

TEST(CheckAttribution, NamesTheMissingFieldAndItsHeader) {
    Policy policy;
    policy.require_attribution = {"team", "project"};
    Attribution attribution;
    attribution.team = "search";

    const Result<void> checked = check_attribution(OfKey(policy), attribution);

    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code(), Errc::attribution_required);
    EXPECT_EQ(
        checked.error().detail(), "this key requires a project: send the header x-pulse-project");
}

TEST(CheckAttribution, IsContentWithEveryFieldGiven) {
    Policy policy;
    policy.require_attribution = {"team", "project", "user", "app", "client", "tag.env"};
    const Attribution attribution{"o", "t", "p", "u", "a", "c", {{"env", "test"}}};

    EXPECT_TRUE(check_attribution(OfKey(policy), attribution));
}

TEST(CheckAttribution, RequiresATagWithAValue) {
    Policy policy;
    policy.require_attribution = {"tag.env"};
    Attribution attribution;
    attribution.tags = {{"env", ""}, {"other", "x"}};

    const Result<void> checked = check_attribution(OfKey(policy), attribution);

    ASSERT_FALSE(checked);
    EXPECT_EQ(
        checked.error().detail(),
        "this key requires the tag 'env': send the header x-pulse-tags: env=VALUE");
}

TEST(CheckRequestSize, LetsTheExactLimitsPass) {
    Policy policy;
    policy.max_tokens_per_request = 1'000;
    policy.max_cost_per_request = Money::from_pico(500);

    EXPECT_TRUE(check_request_size(OfKey(policy), 1'000, Money::from_pico(500)));
    EXPECT_TRUE(check_request_size({}, 1'000'000, Money::from_pico(1'000'000)));
}

TEST(CheckRequestSize, TellsTokensFromCost) {
    Policy policy;
    policy.max_tokens_per_request = 1'000;
    policy.max_cost_per_request = Money::from_pico(500);

    const Result<void> tokens = check_request_size(OfKey(policy), 1'001, Money{});
    const Result<void> cost = check_request_size(OfKey(policy), 1, Money::from_pico(501));

    ASSERT_FALSE(tokens);
    ASSERT_FALSE(cost);
    EXPECT_EQ(tokens.error().code(), Errc::max_tokens_exceeded);
    EXPECT_NE(tokens.error().detail().find("1001 tokens"), std::string::npos);
    EXPECT_EQ(cost.error().code(), Errc::max_cost_exceeded);
    EXPECT_NE(cost.error().detail().find("0.000000000501 USD"), std::string::npos);
}

/// A key's policy and those of its team and organisation.
struct Stack {
    Policy key;
    Policy team;
    Policy organisation;
    [[nodiscard]] std::array<AppliedPolicy, 3> applied() const {
        return {
            AppliedPolicy{Scope::key, "key-1", &key},
            AppliedPolicy{Scope::team, "search", &team},
            AppliedPolicy{Scope::organisation, "", &organisation}};
    }
};

TEST(PoliciesAbove, RefuseAModelThatTheKeyAllowsAndSayWhoDid) {
    Stack stack;
    stack.key.allowed_models = {"gpt-*"};
    stack.team.blocked_models = {"gpt-5*"};
    stack.organisation.allowed_models = {"gpt-5*", "gpt-4o"};

    const auto by_team = check_model(stack.applied(), "openai", "gpt-5-pro", "gpt-5-pro");
    const auto by_org = check_model(stack.applied(), "openai", "gpt-3.5", "gpt-3.5");

    EXPECT_TRUE(check_model(stack.applied(), "openai", "gpt-4o", "gpt-4o"));
    ASSERT_FALSE(by_team);
    EXPECT_EQ(
        by_team.error().detail(),
        "model 'gpt-5-pro' is blocked by 'gpt-5*' in the team `search`'s blocked_models");
    ASSERT_FALSE(by_org);
    EXPECT_EQ(
        by_org.error().detail(),
        "model 'gpt-3.5' matches none of the organisation's allowed_models");
}

TEST(PoliciesAbove, EachHaveTheirWordOnProvidersAddressesFieldsAndSizes) {
    Stack stack;
    stack.key.ip_allowlist = {"10.0.0.0/8"};
    stack.team.allowed_providers = {"openai"};
    stack.team.max_tokens_per_request = 100;
    stack.key.max_tokens_per_request = 1'000;
    stack.organisation.ip_allowlist = {"10.1.0.0/16"};
    stack.organisation.require_attribution = {"project"};
    stack.organisation.max_cost_per_request = Money::from_pico(10);

    EXPECT_EQ(
        check_provider(stack.applied(), "groq").error().detail(),
        "provider 'groq' is not among the team `search`'s allowed_providers");
    EXPECT_TRUE(check_address(stack.applied(), "10.1.2.3"));
    EXPECT_EQ(
        check_address(stack.applied(), "10.2.0.1").error().detail(),
        "address '10.2.0.1' is not in the organisation's ip_allowlist");
    EXPECT_EQ(
        check_address(stack.applied(), "11.0.0.1").error().detail(),
        "address '11.0.0.1' is not in this key's ip_allowlist");
    EXPECT_EQ(
        check_attribution(stack.applied(), {}).error().detail(),
        "the organisation requires a project: send the header x-pulse-project");
    EXPECT_EQ(
        check_request_size(stack.applied(), 101, {}).error().code(), Errc::max_tokens_exceeded);
    EXPECT_NE(
        check_request_size(stack.applied(), 101, {}).error().detail().find("the team `search`'s"),
        std::string::npos);
    EXPECT_EQ(
        check_request_size(stack.applied(), 1, Money::from_pico(11)).error().code(),
        Errc::max_cost_exceeded);
}

TEST(RulesOf, TakeTheStrictestOfEach) {
    Stack stack;
    stack.key.on_store_failure = OnStoreFailure::open;
    stack.team.on_store_failure = OnStoreFailure::closed;
    stack.organisation.on_store_failure = OnStoreFailure::lease;
    stack.key.unknown_price = UnknownPrice::estimate;
    stack.organisation.unknown_price = UnknownPrice::block;
    stack.key.log_content = "full";
    stack.team.log_content = "redacted";

    const RequestRules rules = rules_of(stack.applied(), {});

    EXPECT_EQ(rules.on_store_failure, OnStoreFailure::closed);
    EXPECT_EQ(rules.unknown_price, UnknownPrice::block);
    EXPECT_EQ(rules.log_content, "redacted");
    EXPECT_FALSE(rules.has_hard_budget);
    EXPECT_FALSE(rules.clamps);
}

TEST(RulesOf, SayNothingWhereNobodyDoes) {
    const RequestRules rules = rules_of(Stack{}.applied(), {});

    EXPECT_EQ(rules.on_store_failure, OnStoreFailure::inherit);
    EXPECT_EQ(rules.unknown_price, std::nullopt);
    EXPECT_TRUE(rules.log_content.empty());
    EXPECT_TRUE(rules.downgrade_to.empty());
}

TEST(RulesOf, TakeTheNearestWordOnWhatIsDoneInstead) {
    Stack stack;
    stack.team.downgrade_to = "small";
    stack.organisation.downgrade_to = "other";
    stack.team.clamp = false;
    stack.organisation.clamp = true;
    ScopeLimits limits;
    limits.budgets = {{.limit = Money::from_pico(1)}};
    const std::vector<const ScopeLimits*> all{&limits};

    const RequestRules rules = rules_of(stack.applied(), all);

    EXPECT_EQ(rules.downgrade_to, "small");
    EXPECT_TRUE(rules.has_hard_budget);
    EXPECT_FALSE(rules.clamps);
}

TEST(RulesOf, ClampAndCloseUnderAHardBudgetOfAnyScope) {
    Stack stack;
    stack.key.on_store_failure = OnStoreFailure::open;
    stack.organisation.allow_deferred = true;
    ScopeLimits team;
    team.scope = Scope::team;
    team.budgets = {{.scope = Scope::team, .limit = Money::from_pico(1), .soft = true}};
    const std::vector<const ScopeLimits*> soft{&team};
    ScopeLimits hard = team;
    hard.budgets.push_back({.scope = Scope::team, .limit = Money::from_pico(1)});
    const std::vector<const ScopeLimits*> both{&hard};

    EXPECT_FALSE(rules_of(stack.applied(), soft).clamps);
    EXPECT_EQ(rules_of(stack.applied(), soft).on_store_failure, OnStoreFailure::open);
    EXPECT_TRUE(rules_of(stack.applied(), both).clamps);
    EXPECT_EQ(rules_of(stack.applied(), both).on_store_failure, OnStoreFailure::lease);
    EXPECT_FALSE(rules_of(stack.applied(), both).allows_deferred) << "it is the key's own word";
}

TEST(FixedAttribution, IsTheWordOfAnyPolicy) {
    Stack stack;
    EXPECT_EQ(find_fixed_attribution(stack.applied()), nullptr);

    stack.team.allow_attribution_override = false;
    const auto applied = stack.applied();

    ASSERT_NE(find_fixed_attribution(applied), nullptr);
    EXPECT_EQ(name_of(*find_fixed_attribution(applied)), "the team `search`");
}

}  // namespace
}  // namespace pulse::policy
