#include "policy/access/key_directory.h"

#include "base/digest.h"

#include "tests/unit/policy/support.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace pulse::policy {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{std::chrono::seconds{1'767'225'600}};

[[nodiscard]] KeyRecord make_record(const std::string& key) {
    KeyRecord record;
    record.id = KeyId{"id of " + key};
    record.hash = sha256(key);
    return record;
}

TEST(KeyDirectory, FindsEveryKeyByItsHash) {
    std::vector<KeyRecord> records;
    for (int i = 0; i < 1'000; ++i) {
        records.push_back(make_record("key " + std::to_string(i)));
    }
    const KeyDirectory directory{std::move(records), 7};

    EXPECT_EQ(directory.version(), 7);
    for (int i = 0; i < 1'000; ++i) {
        const std::string key = "key " + std::to_string(i);
        const KeyRecord* found = directory.find_usable(sha256(key), kNow);
        ASSERT_NE(found, nullptr);
        EXPECT_EQ(found->id, KeyId{"id of " + key});
    }
}

TEST(KeyDirectory, AnswersUnknownRevokedAndExpiredKeysAlike) {
    KeyRecord revoked = make_record("revoked");
    revoked.revoked = true;
    KeyRecord expired = make_record("expired");
    expired.expires_at = kNow;
    KeyRecord alive = make_record("alive");
    alive.expires_at = kNow + 1us;
    const KeyDirectory directory{{revoked, expired, alive}};

    EXPECT_EQ(directory.find_usable(sha256("unknown"), kNow), nullptr);
    EXPECT_EQ(directory.find_usable(sha256("revoked"), kNow), nullptr);
    EXPECT_EQ(directory.find_usable(sha256("expired"), kNow), nullptr);
    EXPECT_NE(directory.find_usable(sha256("alive"), kNow), nullptr);
}

TEST(KeyDirectory, ComparesTheWholeHash) {
    const KeyRecord record = make_record("key");
    const KeyDirectory directory{{record}};
    KeyHash almost = record.hash;
    almost.back() ^= 1U;

    EXPECT_EQ(directory.find_usable(almost, kNow), nullptr);
}

TEST(KeyDirectory, IsEmptyWithoutKeys) {
    EXPECT_EQ(KeyDirectory{{}}.find_usable(KeyHash{}, kNow), nullptr);
}

TEST(KeyHasher, GivesSha256AgainAndAgain) {
    const KeyHasher hasher;

    EXPECT_EQ(hasher.hash("abc"), sha256("abc"));
    EXPECT_EQ(hasher.hash(""), sha256(""));
    EXPECT_EQ(hasher.hash("abc"), sha256("abc"));
}

TEST(MakeKey, HasThePrefixAndFortyCharactersAndIsNeverTheSame) {
    std::set<std::string> keys;
    for (int i = 0; i < 1'000; ++i) {
        keys.insert(make_key());
    }

    EXPECT_EQ(keys.size(), 1'000U);
    for (const std::string& key : keys) {
        EXPECT_EQ(key.size(), kKeyPrefix.size() + 40);
        EXPECT_TRUE(key.starts_with(kKeyPrefix));
        EXPECT_EQ(
            key.find_first_not_of(
                "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
                kKeyPrefix.size()),
            std::string::npos);
    }
}

TEST(MakeKey, FavoursNoCharacter) {
    constexpr int kKeys = 5'000;
    std::map<char, int> counts;
    for (int i = 0; i < kKeys; ++i) {
        for (const char c : make_key().substr(kKeyPrefix.size())) {
            ++counts[c];
        }
    }

    // 200 000 draws: 3226 of each expected, standard deviation 56.
    EXPECT_EQ(counts.size(), 62U);
    for (const auto& [character, count] : counts) {
        EXPECT_NEAR(count, kKeys * 40 / 62, 400) << character;
    }
}

TEST(ShownPrefix, ShowsFourCharactersOfAMadeKeyAndLittleOfAChosenOne) {
    EXPECT_EQ(shown_prefix("sk-pulse-abcd" + std::string(36, 'x')), "sk-pulse-abcd");
    EXPECT_EQ(shown_prefix("sk-pulse-abcd"), "sk-");
    EXPECT_EQ(shown_prefix("a-long-key-somebody-chose"), "a-lo");
    EXPECT_EQ(shown_prefix("abc"), "");
}

[[nodiscard]] KeyRecord make_member(std::string id, std::string_view policy) {
    KeyRecord key = tests::make_key_record(policy, std::move(id));
    key.attribution.org = "default";
    key.attribution.team = "search";
    key.attribution.project = "ranking";
    return key;
}

[[nodiscard]] std::vector<std::string> names_of(const std::vector<const ScopeLimits*>& limits) {
    std::vector<std::string> names;
    for (const ScopeLimits* one : limits) {
        names.push_back(std::string{to_string(one->scope)} + ":" + one->id);
    }
    return names;
}

TEST(KeyDirectoryRules, FindsEveryPolicyAboveAKey) {
    Policy strict;
    strict.allowed_models = {"gpt-*"};
    const KeyDirectory directory{
        {make_member("k", "{}")},
        1,
        {{"default", Scope::team, "search", strict},
         {"default", Scope::team, "other", strict},
         {"another", Scope::organisation, "", strict},
         {"default", Scope::organisation, "default", strict}}};
    std::vector<AppliedPolicy> policies;

    directory.policies_on(directory.keys()[0], directory.keys()[0].attribution, policies);

    ASSERT_EQ(policies.size(), 3U);
    EXPECT_EQ(policies[0].policy, &directory.keys()[0].policy);
    EXPECT_EQ(policies[1].scope, Scope::team);
    EXPECT_EQ(policies[1].id, "search");
    EXPECT_EQ(policies[2].scope, Scope::organisation);
}

TEST(KeyDirectoryRules, MergesWhatLimitsOneScopeTheStrictestFirst) {
    const KeyDirectory directory{
        {make_member("k", R"({"requests_per_minute":9,"budgets":[
             {"period":"day","limit":"1"},{"scope":"team","period":"day","limit":"7"}]})"),
         make_member("l", "{}")},
        1,
        {{"default", Scope::team, "search", parse_policy(R"({"requests_per_minute":5})").value()}},
        {{"default", {Scope::team, Period::month, tests::usd("3"), "USD", false, "search"}},
         {"default", {Scope::key, Period::month, tests::usd("4"), "USD", false, "k"}},
         {"default", {Scope::model, Period::day, tests::usd("5"), "USD", false, "openai/gpt-*"}},
         {"default", {Scope::tag, Period::day, tests::usd("6"), "USD", false, "env=pr*"}},
         {"another", {Scope::team, Period::day, tests::usd("1"), "USD", false, "search"}}}};
    std::vector<const ScopeLimits*> limits;
    Attribution attribution = directory.keys()[0].attribution;

    directory.limits_on(directory.keys()[0], attribution, "openai", "gpt-4o", limits);
    EXPECT_EQ(
        names_of(limits),
        (std::vector<std::string>{"key:k", "team:search", "model:openai/gpt-*"}));
    EXPECT_EQ(limits[0]->budgets.size(), 2U);
    EXPECT_EQ(limits[1]->budgets.size(), 2U);
    EXPECT_EQ(limits[1]->requests_per_minute, 5);

    attribution.tags = {{"env", "prod"}};
    attribution.team = "none";
    directory.limits_on(directory.keys()[1], attribution, "azure", "gpt-4o", limits);
    EXPECT_EQ(names_of(limits), (std::vector<std::string>{"tag:env=pr*"}));
    EXPECT_EQ(directory.limits().size(), 5U);
}

TEST(KeyDirectoryRules, KeepsARevokedKeysBudgetsToItself) {
    KeyRecord gone =
        make_member("k", R"({"budgets":[{"scope":"team","period":"day","limit":"7"}]})");
    gone.revoked = true;
    const KeyDirectory directory{{gone}};
    EXPECT_TRUE(directory.limits().empty());
}

}  // namespace
}  // namespace pulse::policy
