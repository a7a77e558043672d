#include "storage/tables/keys.h"

#include "storage/database.h"
#include "storage/tables/conflict.h"
#include "tests/unit/storage/engines.h"
#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace pulse::storage {
namespace {

using namespace std::chrono_literals;

class Keys : public tests::EngineTest {
protected:
    [[nodiscard]] static KeyRow make_key(const std::string& id) {
        KeyRow key;
        key.id = id;
        key.hash_hex = std::string(64 - id.size(), '0') + id;
        key.prefix = "sk-pulse-abcd";
        key.label = "app " + id;
        key.org = "acme";
        key.team = "search";
        key.project = "ranking";
        key.user = "ada";
        key.app = "site";
        key.policy_json = R"({"requests_per_minute": 600})";
        key.expires_at = TimePoint{1'800'000'000s};
        key.created_at = TimePoint{1'767'225'600s};
        return key;
    }
};
PULSE_ON_BOTH_ENGINES(Keys);

TEST_P(Keys, AreReadBackAsTheyWereWritten) {
    const KeyRow key = make_key("1");

    ASSERT_TRUE(storage::insert_key(session(), key));

    const auto found = storage::key(session(), "1");
    ASSERT_TRUE(found && *found);
    const KeyRow& read = **found;
    EXPECT_EQ(read.hash_hex, key.hash_hex);
    EXPECT_EQ(read.prefix, key.prefix);
    EXPECT_EQ(read.label, key.label);
    EXPECT_EQ(read.org, key.org);
    EXPECT_EQ(read.team, key.team);
    EXPECT_EQ(read.project, key.project);
    EXPECT_EQ(read.user, key.user);
    EXPECT_EQ(read.app, key.app);
    EXPECT_EQ(read.policy_json, key.policy_json);
    EXPECT_EQ(read.expires_at, key.expires_at);
    EXPECT_EQ(read.revoked_at, std::nullopt);
    EXPECT_EQ(read.created_at, key.created_at);
    EXPECT_EQ(read.version, 1);
    EXPECT_FALSE(read.bootstrap);
}

TEST_P(Keys, WithoutAnOrganisationBelongToTheDefaultOne) {
    KeyRow key = make_key("1");
    key.org.clear();
    key.team.clear();

    ASSERT_TRUE(storage::insert_key(session(), key));

    EXPECT_EQ((*storage::key(session(), "1"))->org, "default");
    EXPECT_EQ((*storage::key(session(), "1"))->team, "");
}

TEST_P(Keys, ThatDoNotExistAreNothing) {
    const auto found = storage::key(session(), "none");

    ASSERT_TRUE(found);
    EXPECT_FALSE(*found);
}

TEST_P(Keys, AreRefusedTwice) {
    ASSERT_TRUE(storage::insert_key(session(), make_key("1")));
    KeyRow same_hash = make_key("1");
    same_hash.id = "2";

    const Result<void> second = storage::insert_key(session(), same_hash);

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), Errc::invalid_request);
    EXPECT_EQ(keys(session())->size(), 1U);
}

TEST_P(Keys, OfTheConfigurationAreMadeOnceAndLeftAsTheyAre) {
    KeyRow key = make_key("1");
    key.bootstrap = true;
    ASSERT_TRUE(storage::insert_key(session(), key));
    const std::int64_t version = *keys_version(session());
    key.label = "another label";

    ASSERT_TRUE(storage::insert_key(session(), key));

    EXPECT_EQ((*storage::key(session(), "1"))->label, "app 1");
    EXPECT_EQ(*keys_version(session()), version);
}

TEST_P(Keys, ChangeTheirVersionAndTheCommonOne) {
    ASSERT_TRUE(storage::insert_key(session(), make_key("1")));
    const std::int64_t before = *keys_version(session());
    KeyRow key = make_key("1");
    key.label = "renamed";
    key.team = "a team that is new";
    key.revoked_at = TimePoint{1'790'000'000s};

    ASSERT_TRUE(storage::update_key(session(), key));

    const KeyRow read = **storage::key(session(), "1");
    EXPECT_EQ(read.label, "renamed");
    EXPECT_EQ(read.team, "a team that is new");
    EXPECT_EQ(read.revoked_at, key.revoked_at);
    EXPECT_EQ(read.version, 2);
    EXPECT_EQ(*keys_version(session()), before + 1);
}

TEST_P(Keys, ThatDoNotExistCannotBeChanged) {
    const std::int64_t before = *keys_version(session());

    const Result<void> updated = storage::update_key(session(), make_key("1"));

    ASSERT_FALSE(updated);
    EXPECT_EQ(updated.error().code(), Errc::not_found);
    EXPECT_EQ(*keys_version(session()), before);
}

TEST_P(Keys, AreNotChangedFromAnOldVersion) {
    ASSERT_TRUE(storage::insert_key(session(), make_key("1")));
    KeyRow key = make_key("1");
    ASSERT_TRUE(storage::update_key(session(), key));
    const std::int64_t before = *keys_version(session());
    key.label = "from the first version";

    const Result<void> stale = storage::update_key(session(), key);

    ASSERT_FALSE(stale);
    EXPECT_TRUE(is_conflict(stale.error())) << stale.error().detail();
    EXPECT_EQ((*storage::key(session(), "1"))->label, "app 1");
    EXPECT_EQ(*keys_version(session()), before);
}

TEST_P(Keys, AreFoundByWhatTheyAre) {
    const TimePoint now{1'800'000'000s};
    const auto add = [&](const char* id, const char* team, const char* user, const char* label) {
        KeyRow key = make_key(id);
        key.team = team;
        key.user = user;
        key.label = label;
        key.expires_at.reset();
        return key;
    };
    KeyRow expired = add("3", "ads", "bob", "100% of_it");
    expired.expires_at = now;
    KeyRow revoked = add("4", "ads", "bob", "Old");
    revoked.revoked_at = now;
    revoked.metadata_json = R"({"owner": "x"})";
    for (const KeyRow& key :
         {add("1", "search", "ada", "Web Site"),
          add("2", "search", "bob", "batch"),
          expired,
          revoked}) {
        ASSERT_TRUE(storage::insert_key(session(), key));
    }
    KeyFilter filter;
    filter.org = "acme";
    const auto ids = [&](const KeyFilter& asked) {
        std::string all;
        const auto rows = list_keys(session(), asked, now);
        EXPECT_TRUE(rows) << rows.error().detail();
        for (const KeyRow& row : *rows) {
            all += row.id;
        }
        return all;
    };
    const auto with = [&](auto set) {
        KeyFilter asked = filter;
        set(asked);
        return ids(asked);
    };

    EXPECT_EQ(ids(filter), "1234");
    EXPECT_EQ(with([](KeyFilter& f) { f.org = "other"; }), "");
    EXPECT_EQ(with([](KeyFilter& f) { f.team = "ads"; }), "34");
    EXPECT_EQ(
        with([](KeyFilter& f) {
            f.user = "bob";
            f.team = "search";
        }),
        "2");
    EXPECT_EQ(with([](KeyFilter& f) { f.teams = std::vector<std::string>{"search", "x"}; }), "12");
    EXPECT_EQ(with([](KeyFilter& f) { f.teams = std::vector<std::string>{}; }), "");
    EXPECT_EQ(with([](KeyFilter& f) { f.label = "SITE"; }), "1");
    EXPECT_EQ(with([](KeyFilter& f) { f.label = "0% OF_"; }), "3");
    EXPECT_EQ(with([](KeyFilter& f) { f.label = "%"; }), "3");
    EXPECT_EQ(with([](KeyFilter& f) { f.state = KeyState::valid; }), "12");
    EXPECT_EQ(with([](KeyFilter& f) { f.state = KeyState::expired; }), "3");
    EXPECT_EQ(with([](KeyFilter& f) { f.state = KeyState::revoked; }), "4");
    EXPECT_EQ(
        with([](KeyFilter& f) {
            f.after = "1";
            f.limit = 2;
        }),
        "23");
    EXPECT_EQ((*storage::key(session(), "4"))->metadata_json, revoked.metadata_json);
    EXPECT_EQ((*find_key_by_hash(session(), make_key("2").hash_hex))->id, "2");
}

TEST_P(Keys, CannotBeWrong) {
    KeyRow bad_hash = make_key("1");
    bad_hash.hash_hex = "not a hash";
    KeyRow bad_policy = make_key("1");
    bad_policy.policy_json = "[1]";

    EXPECT_EQ(storage::insert_key(session(), bad_hash).error().code(), Errc::invalid_request);
    EXPECT_EQ(storage::insert_key(session(), bad_policy).error().code(), Errc::invalid_request);
    EXPECT_TRUE(keys(session())->empty());
}

TEST_P(Keys, AreSeenByAnotherConnectionAtOnce) {
    const auto gateway = open();
    const std::int64_t before = *keys_version(gateway->session());

    ASSERT_TRUE(storage::insert_key(session(), make_key("1")));

    EXPECT_GT(*keys_version(gateway->session()), before);
    EXPECT_EQ(keys(gateway->session())->size(), 1U);
}

TEST_P(Keys, AreWrittenWhileTheLedgerWrites) {
    std::atomic<bool> done{false};
    std::thread ledger{[&] {
        const auto database = open();
        auto record = std::make_unique<DecodedRecord>();
        record->record = tests::sample_record();
        const DecodedRecord* records[] = {record.get()};
        for (std::uint64_t i = 0; !done; ++i) {
            record->record.id = tests::sample_id(i);
            const auto counts = database->write(records, {});
            ASSERT_TRUE(counts) << counts.error().detail();
        }
    }};

    for (int i = 0; i < 50; ++i) {
        const auto inserted = storage::insert_key(session(), make_key(std::to_string(i)));
        EXPECT_TRUE(inserted) << inserted.error().detail();
    }

    done = true;
    ledger.join();
    EXPECT_EQ(keys(session())->size(), 50U);
}

}  // namespace
}  // namespace pulse::storage
