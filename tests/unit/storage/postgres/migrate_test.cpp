#include "storage/migrations/migrate.h"

#include "storage/database.h"
#include "storage/migrations/migrations.h"
#include "storage/rollup/verify.h"
#include "tests/unit/storage/engines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace pulse::storage {
namespace {

/// Database of any engine, not migrated but by the fixture's first connection.
class MigrateTest : public tests::EngineTest {
protected:
    [[nodiscard]] std::string tables() {
        return value_of(
            engine() == sql::Engine::sqlite
                ? "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type = "
                  "'table' ORDER BY name)"
                : "SELECT string_agg(relname, ',' ORDER BY relname COLLATE \"C\") FROM pg_class "
                  "WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = "
                  "'public'::regnamespace");
    }
};

TEST(Migrations, OfBothEnginesHaveTheSameNumbersAndNames) {
    const auto sqlite = sqlite_migrations();
    const auto postgres = postgres_migrations();

    ASSERT_EQ(sqlite.size(), postgres.size());
    for (std::size_t i = 0; i < sqlite.size(); ++i) {
        EXPECT_EQ(sqlite[i].version, postgres[i].version);
        EXPECT_STREQ(sqlite[i].name, postgres[i].name);
    }
}

TEST_P(MigrateTest, GoesUpDownAndUpAgainWithData) {
    const std::string all = tables();
    std::string bytes;
    encode(tests::sample_record(), bytes);
    DecodedRecord record;
    ASSERT_TRUE(decode(bytes, record));
    const DecodedRecord* records[] = {&record};
    ASSERT_TRUE(database().write(records, {{"x.segment", 64}}));
    ASSERT_NE(all.find("ai_request_log"), std::string::npos) << all;

    ASSERT_TRUE(database().migrate_down(true));
    EXPECT_EQ(tables(), "schema_migration");
    const auto migrated = database().migrate_up();
    ASSERT_TRUE(migrated) << migrated.error().detail();

    EXPECT_EQ(tables(), all);
    EXPECT_TRUE(database().write(records, {{"x.segment", 64}}));
}

TEST_P(MigrateTest, FillsRollupsFromRowsOfBefore) {
    std::string bytes;
    encode(tests::sample_record(), bytes);
    DecodedRecord record;
    ASSERT_TRUE(decode(bytes, record));
    const DecodedRecord* records[] = {&record};
    ASSERT_TRUE(database().write(records, {}));
    const std::string hours = "SELECT sum(input_tokens) FROM request_rollup_hour";
    const std::string events = "SELECT count(*) FROM cost_rollup_day WHERE key_id = 'key-1'";
    ASSERT_EQ(value_of(events), "1");
    const std::string tokens = value_of(hours);
    const Stretch all{TimePoint{}, record.record.id.time() + std::chrono::days{1}};
    while (value_of(hours) == tokens) {
        ASSERT_TRUE(database().migrate_down(false));
    }

    const auto migrated = database().migrate_up();

    ASSERT_TRUE(migrated) << migrated.error().detail();
    EXPECT_EQ(value_of(hours), tokens);
    EXPECT_EQ(value_of(events), "1");
    const auto differences = verify_rollups(database().session(), all);
    ASSERT_TRUE(differences) << differences.error().detail();
    for (const RollupDifference& difference : *differences) {
        ADD_FAILURE() << difference.table << ": " << difference.what;
    }
}

TEST_P(MigrateTest, UndoesOneStepAtATime) {
    const auto before = database().migration_status();
    ASSERT_TRUE(before);
    ASSERT_TRUE(before->back().applied);

    ASSERT_TRUE(database().migrate_down(false));

    const auto after = database().migration_status();
    ASSERT_TRUE(after);
    EXPECT_FALSE(after->back().applied);
    EXPECT_TRUE(after->at(after->size() - 2).applied);
}

TEST_P(MigrateTest, TenStartAtOnce) {
    ASSERT_TRUE(database().migrate_down(true));
    std::vector<std::string> failures(10);
    std::vector<std::thread> starts;
    for (std::string& failure : failures) {
        starts.emplace_back([this, &failure] {
            const auto migrated = open()->migrate_up();
            failure = migrated ? "" : migrated.error().detail();
        });
    }
    for (std::thread& start : starts) {
        start.join();
    }

    EXPECT_EQ(failures, std::vector<std::string>(10));
    EXPECT_EQ(
        value_of("SELECT count(*) FROM schema_migration"),
        std::to_string(sqlite_migrations().size()));
}

TEST_P(MigrateTest, RefusesANewerSchema) {
    const std::int64_t newer = sqlite_migrations().back().version + 1;
    ASSERT_TRUE(session().run(
        "INSERT INTO schema_migration (version, name, applied_at) VALUES ($1, $2, $3)",
        {newer, "future", TimePoint{}}));

    const auto migrated = database().migrate_up();

    ASSERT_FALSE(migrated);
    EXPECT_EQ(migrated.error().code(), Errc::configuration);
    EXPECT_NE(migrated.error().detail().find("start a newer pulse"), std::string::npos);
}

/// "table.column" of every table, sorted.
[[nodiscard]] std::vector<std::string> columns(sql::Session& session) {
    const bool is_sqlite = session.engine() == sql::Engine::sqlite;
    auto found = sql::select(
        session,
        is_sqlite ? "SELECT s.name || '.' || c.name FROM sqlite_schema s, "
                    "pragma_table_info(s.name) c WHERE s.type = 'table'"
                  : "SELECT c.relname || '.' || a.attname FROM pg_class c JOIN pg_attribute a ON "
                    "a.attrelid = c.oid WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition "
                    "AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT "
                    "a.attisdropped",
        {},
        [](const sql::Row& row) { return row.owned(0); });
    if (!found) {
        return {found.error().detail()};
    }
    std::sort(found->begin(), found->end());
    return *found;
}

TEST(Migrations, MakeTheSameTablesAndColumnsInBothEngines) {
    std::string why;
    auto* const server = pulse::tests::PostgresServer::shared(why);
    if (server == nullptr) {
        GTEST_SKIP() << why;
    }
    const tests::TemporaryFolder folder;
    const auto sqlite = open_database("sqlite:" + (folder / "pulse.db").string());
    const auto postgres = open_database(server->url(server->create_database()));
    ASSERT_TRUE(sqlite && postgres);
    ASSERT_TRUE((*sqlite)->migrate_up());
    ASSERT_TRUE((*postgres)->migrate_up());

    EXPECT_EQ(columns((*sqlite)->session()), columns((*postgres)->session()));
}

PULSE_ON_BOTH_ENGINES(MigrateTest);

}  // namespace
}  // namespace pulse::storage
