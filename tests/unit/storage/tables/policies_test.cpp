#include "storage/tables/policies.h"

#include "storage/tables/budgets.h"
#include "storage/tables/conflict.h"
#include "storage/tables/keys.h"
#include "storage/tables/organizations.h"
#include "storage/tables/owners.h"
#include "tests/unit/storage/engines.h"
#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace pulse::storage {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{1'767'225'600s};

[[nodiscard]] AuditEntry audit(std::string action) {
    return {
        .at = kNow,
        .org = "default",
        .actor = "test",
        .actor_kind = "system",
        .address = {},
        .action = std::move(action),
        .target_kind = "test",
        .target_id = "1",
        .before = {},
        .after = "{}"};
}

class ScopedTables : public tests::EngineTest {
protected:
    [[nodiscard]] static PolicyRow policy(std::string id, std::string scope, std::string of) {
        return {
            .id = std::move(id),
            .org = "default",
            .name = "a policy",
            .scope = std::move(scope),
            .scope_id = std::move(of),
            .policy_json = R"({"requests_per_minute": 600})",
            .created_at = kNow,
            .updated_at = kNow};
    }
    [[nodiscard]] static BudgetRow budget(std::string id, std::string scope, std::string of) {
        BudgetRow row;
        row.id = std::move(id);
        row.org = "default";
        row.name = "a budget";
        row.scope = std::move(scope);
        row.scope_id = std::move(of);
        row.period = "month";
        row.limit = *Money::parse("12345678901234.123456789012");
        row.created_at = kNow;
        row.updated_at = kNow;
        return row;
    }
    /// One change, in a transaction of its own, and what it did to the version that gateways poll.
    template <class Change>
    [[nodiscard]] Result<void> change(const Change& change) {
        const std::int64_t version = *keys_version(session());
        const std::string rows = value_of("SELECT count(*) FROM audit_log");
        auto transaction = sql::Transaction::begin(session());
        EXPECT_TRUE(transaction);
        const Result<void> changed = change();
        if (changed) {
            EXPECT_TRUE(transaction->commit());
            EXPECT_EQ(*keys_version(session()), version + 1);
            EXPECT_EQ(
                value_of("SELECT count(*) FROM audit_log"), std::to_string(std::stoll(rows) + 1));
        }
        return changed;
    }
};
PULSE_ON_BOTH_ENGINES(ScopedTables);

TEST_P(ScopedTables, KeepPoliciesWithTheirVersion) {
    PolicyRow row = policy("p1", "team", "search");
    ASSERT_TRUE(change([&] { return insert_policy(session(), row, audit("policy.create")); }));

    const auto found = find_policy(session(), "default", "p1");
    ASSERT_TRUE(found && *found);
    EXPECT_EQ((*found)->scope_id, "search");
    EXPECT_EQ((*found)->policy_json, row.policy_json);
    EXPECT_EQ((*found)->version, 1);
    EXPECT_EQ((*found)->updated_at, kNow);
    EXPECT_FALSE(*find_policy(session(), "other", "p1"));

    row.policy_json = R"({"requests_per_minute": 1})";
    ASSERT_TRUE(change([&] { return update_policy(session(), row, audit("policy.update")); }));
    EXPECT_EQ((*find_policy(session(), "default", "p1"))->version, 2);
    const auto stale =
        change([&] { return update_policy(session(), row, audit("policy.update")); });
    ASSERT_FALSE(stale);
    EXPECT_TRUE(is_conflict(stale.error())) << stale.error().detail();
    const auto stale_delete =
        change([&] { return delete_policy(session(), row, audit("policy.delete")); });
    EXPECT_TRUE(is_conflict(stale_delete.error()));

    row.version = 2;
    ASSERT_TRUE(change([&] { return delete_policy(session(), row, audit("policy.delete")); }));
    EXPECT_EQ(
        change([&] { return delete_policy(session(), row, audit("policy.delete")); })
            .error()
            .code(),
        Errc::not_found);
}

TEST_P(ScopedTables, KeepOnePolicyForEachScope) {
    ASSERT_TRUE(change([&] {
        return insert_policy(session(), policy("p1", "team", "search"), audit("policy.create"));
    }));

    const auto second = change([&] {
        return insert_policy(session(), policy("p2", "team", "search"), audit("policy.create"));
    });

    ASSERT_FALSE(second);
    EXPECT_TRUE(is_conflict(second.error()));
    EXPECT_TRUE(change([&] {
        return insert_policy(session(), policy("p3", "project", "search"), audit("policy.create"));
    }));
    EXPECT_EQ(policies(session())->size(), 2U);
}

TEST_P(ScopedTables, ListWhatIsOfATeamItsProjectsAndKeys) {
    ASSERT_TRUE(change([&] {
        KeyRow key;
        key.id = "k1";
        key.hash_hex = std::string(64, 'a');
        key.prefix = "sk";
        key.label = "k";
        key.org = "default";
        key.team = "search";
        key.created_at = kNow;
        return insert_key_within(session(), key, audit("key.create"));
    }));
    OwnerRow project{
        .org = "default", .id = "ranking", .name = "r", .team = "search", .created_at = kNow};
    ASSERT_TRUE(insert_owner(session(), OwnerKind::project, project, audit("project.create")));
    const std::pair<const char*, const char*> scopes[] = {
        {"organisation", ""},
        {"team", "search"},
        {"team", "ads"},
        {"project", "ranking"},
        {"project", "other"},
        {"key", "k1"},
        {"key", "k2"},
        {"model", "gpt*"}};
    int number = 0;
    for (const auto& [scope, id] : scopes) {
        const BudgetRow row = budget("b" + std::to_string(++number), scope, id);
        ASSERT_TRUE(change([&] { return insert_budget(session(), row, audit("budget.create")); }));
    }
    BudgetFilter filter;
    filter.org = "default";
    const auto ids = [&] {
        std::string all;
        const auto rows = list_budgets(session(), filter);
        EXPECT_TRUE(rows) << rows.error().detail();
        for (const BudgetRow& row : *rows) {
            all += row.id + " ";
        }
        return all;
    };

    EXPECT_EQ(ids(), "b1 b2 b3 b4 b5 b6 b7 b8 ");
    filter.teams = std::vector<std::string>{"search"};
    EXPECT_EQ(ids(), "b2 b4 b6 ");
    filter.teams = std::vector<std::string>{};
    EXPECT_EQ(ids(), "");
    filter.teams.reset();
    filter.scope = "team";
    EXPECT_EQ(ids(), "b2 b3 ");
    filter.scope_id = "ads";
    EXPECT_EQ(ids(), "b3 ");
    filter = {
        .org = "default",
        .scope = {},
        .scope_id = {},
        .period = {},
        .teams = {},
        .after = "b2",
        .limit = 2};
    EXPECT_EQ(ids(), "b3 b4 ");
}

TEST_P(ScopedTables, KeepBudgetsToTheLastDigit) {
    BudgetRow row = budget("b1", "organisation", "");
    ASSERT_TRUE(change([&] { return insert_budget(session(), row, audit("budget.create")); }));

    EXPECT_EQ((*find_budget(session(), "default", "b1"))->limit, row.limit);
    row.limit = *Money::parse("0.000000000001");
    row.soft = true;
    row.period = "total";
    ASSERT_TRUE(change([&] { return update_budget(session(), row, audit("budget.update")); }));
    const auto read = find_budget(session(), "default", "b1");
    EXPECT_EQ((*read)->limit, row.limit);
    EXPECT_TRUE((*read)->soft);
    EXPECT_EQ((*read)->period, "total");
    EXPECT_EQ((*read)->version, 2);
    EXPECT_TRUE(is_conflict(
        change([&] { return update_budget(session(), row, audit("budget.update")); }).error()));
}

TEST_P(ScopedTables, ATimeZoneChangesWhatGatewaysPoll) {
    const std::int64_t before = *keys_version(session());

    ASSERT_TRUE(update_organization(
        session(),
        {.id = "default", .name = "Acme", .time_zone = "Europe/Paris", .created_at = kNow}));

    EXPECT_EQ(*keys_version(session()), before + 1);
    EXPECT_EQ(organizations(session())->front().time_zone, "Europe/Paris");
}

class Owners : public tests::EngineTest {
protected:
    template <class Change>
    [[nodiscard]] Result<void> change(const Change& change) {
        auto transaction = sql::Transaction::begin(session());
        EXPECT_TRUE(transaction);
        const Result<void> changed = change();
        if (changed) {
            EXPECT_TRUE(transaction->commit());
        }
        return changed;
    }
    [[nodiscard]] static OwnerRow owner(std::string id, std::string team = {}) {
        return {
            .org = "default",
            .id = id,
            .name = "The " + id,
            .team = std::move(team),
            .created_at = kNow};
    }
};
PULSE_ON_BOTH_ENGINES(Owners);

TEST_P(Owners, AreKeptByKind) {
    for (const OwnerKind kind :
         {OwnerKind::team, OwnerKind::project, OwnerKind::app, OwnerKind::client}) {
        SCOPED_TRACE(to_string(kind));
        OwnerRow row = owner("one");
        ASSERT_TRUE(change([&] { return insert_owner(session(), kind, row, audit("x.create")); }));
        EXPECT_TRUE(is_conflict(
            change([&] { return insert_owner(session(), kind, row, audit("x.create")); }).error()));
        row.name = "Renamed";
        ASSERT_TRUE(change([&] { return update_owner(session(), kind, row, audit("x.update")); }));
        EXPECT_TRUE(is_conflict(
            change([&] { return update_owner(session(), kind, row, audit("x.update")); }).error()));
        const auto found = find_owner(session(), kind, "default", "one");
        ASSERT_TRUE(found && *found);
        EXPECT_EQ((*found)->name, "Renamed");
        EXPECT_EQ((*found)->version, 2);
        ASSERT_TRUE(
            change([&] { return delete_owner(session(), kind, **found, audit("x.delete")); }));
        EXPECT_FALSE(*find_owner(session(), kind, "default", "one"));
    }
}

TEST_P(Owners, AreNotDeletedWhileSomethingNamesThem) {
    ASSERT_TRUE(change([&] {
        return insert_owner(session(), OwnerKind::team, owner("search"), audit("x.create"));
    }));
    const OwnerRow ranking = owner("ranking", "search");
    ASSERT_TRUE(change(
        [&] { return insert_owner(session(), OwnerKind::project, ranking, audit("x.create")); }));
    KeyRow key;
    key.id = "k1";
    key.hash_hex = std::string(64, 'a');
    key.prefix = "sk";
    key.label = "the ranking key";
    key.org = "default";
    key.project = "ranking";
    key.created_at = kNow;
    ASSERT_TRUE(insert_key(session(), key));
    const auto removing = [&](OwnerKind kind, const char* id) {
        const auto found = find_owner(session(), kind, "default", id);
        return change([&] { return delete_owner(session(), kind, **found, audit("x.delete")); });
    };

    const auto of_a_project = removing(OwnerKind::team, "search");
    const auto of_a_key = removing(OwnerKind::project, "ranking");

    ASSERT_FALSE(of_a_project);
    EXPECT_TRUE(is_conflict(of_a_project.error()));
    EXPECT_NE(of_a_project.error().detail().find("ranking"), std::string::npos);
    ASSERT_FALSE(of_a_key);
    EXPECT_NE(of_a_key.error().detail().find("the ranking key"), std::string::npos);
    key.project.clear();
    ASSERT_TRUE(update_key(session(), key));
    EXPECT_TRUE(removing(OwnerKind::project, "ranking"));
    EXPECT_TRUE(removing(OwnerKind::team, "search"));
}

}  // namespace
}  // namespace pulse::storage
