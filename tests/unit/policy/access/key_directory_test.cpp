#include "policy/access/key_directory.h"

#include "base/digest.h"

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

}  // namespace
}  // namespace pulse::policy
