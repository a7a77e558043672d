#include "storage/migrations/migrate.h"

#include "storage/database.h"
#include "storage/migrations/migrations.h"
#include "storage/sqlite/connection.h"
#include "storage/tables/keys.h"
#include "storage/tables/rerating.h"
#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace pulse::storage {
namespace {

using tests::TemporaryFolder;

[[nodiscard]] std::unique_ptr<Database> open_in(const TemporaryFolder& folder) {
    auto database = open_database("sqlite:" + (folder / "pulse.db").string());
    EXPECT_TRUE(database) << (database ? "" : database.error().detail());
    return database ? std::move(*database) : nullptr;
}

/// The names of tables, by a connection of its own.
[[nodiscard]] std::string tables_in(const TemporaryFolder& folder) {
    Result<sqlite::Connection> connection = sqlite::Connection::open(folder / "pulse.db");
    EXPECT_TRUE(connection);
    Result<sqlite::Statement> query = connection->prepare(
        "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type = 'table' ORDER "
        "BY name)");
    EXPECT_TRUE(query);
    EXPECT_EQ(query->step(), SQLITE_ROW);
    return std::string{query->text(0)};
}

void write_something(Database& database) {
    KeyRow key;
    key.id = "key-1";
    key.hash_hex = std::string(64, 'a');
    key.team = "search";
    key.project = "ranking";
    key.user = "ada";
    ASSERT_TRUE(insert_key(database.session(), key));
    std::string bytes;
    encode(tests::sample_record(), bytes);
    DecodedRecord record;
    ASSERT_TRUE(decode(bytes, record));
    const DecodedRecord* records[] = {&record};
    const auto counts = database.write(records, {{"x.segment", 64}});
    ASSERT_TRUE(counts) << counts.error().detail();
    ASSERT_TRUE(counts->rejects.empty()) << counts->rejects.front().reason;
}

/// Of the first migrations and of the last.
constexpr const char* kSomeTables[] = {
    "ai_gateway_key", "ai_request_log", "cost_event", "cost_rollup_day", "retention_drop"};

TEST(Migrations, AreNumberedWithoutGaps) {
    std::int64_t expected = 1;
    for (const Migration& migration : sqlite_migrations()) {
        EXPECT_EQ(migration.version, expected++);
    }
    EXPECT_GE(expected, 3);
}

TEST(Migrations, GoUpDownAndUpAgainWithData) {
    const TemporaryFolder folder;
    const auto database = open_in(folder);

    for (int round = 0; round < 2; ++round) {
        ASSERT_TRUE(database->migrate_up());
        for (const char* const table : kSomeTables) {
            EXPECT_NE(tables_in(folder).find(table), std::string::npos) << table;
        }
        write_something(*database);
        const auto down = database->migrate_down(true);
        ASSERT_TRUE(down) << down.error().detail();
        EXPECT_EQ(tables_in(folder), "schema_migration");
    }
    ASSERT_TRUE(database->migrate_up());
    EXPECT_TRUE(keys(database->session())->empty());
}

TEST(Migrations, GoDownOneStepAtATime) {
    const TemporaryFolder folder;
    const auto database = open_in(folder);
    ASSERT_TRUE(database->migrate_up());
    write_something(*database);

    ASSERT_TRUE(database->migrate_down(false));

    const auto status = database->migration_status();
    ASSERT_TRUE(status);
    EXPECT_TRUE(status->front().applied);
    EXPECT_FALSE(status->back().applied);
    // What reads keys knows the newest columns.
    std::int64_t kept = 0;
    ASSERT_TRUE(database->session().each(
        "SELECT count(*) FROM ai_gateway_key", {}, [&](const sql::Row& row) {
            kept = row.integer(0);
        }));
    EXPECT_EQ(kept, 1);
}

TEST(Migrations, MarkRowsOfBeforeThatWereEstimatedForWantOfAPrice) {
    const TemporaryFolder folder;
    const auto database = open_in(folder);
    ASSERT_TRUE(database->migrate_up());
    write_something(*database);
    auto connection = sqlite::Connection::open(folder / "pulse.db");
    ASSERT_TRUE(connection->execute(
        "UPDATE ai_request_attempt SET cost_status = 'estimated' WHERE usage_source = 'provider'"));
    EXPECT_TRUE(unpriced_models(database->session(), TimePoint{}, 10)->empty());

    // To before version 4, which marks them.
    while (database->migration_status()->at(3).applied) {
        ASSERT_TRUE(database->migrate_down(false));
    }
    ASSERT_TRUE(database->migrate_up());

    EXPECT_EQ(unpriced_models(database->session(), TimePoint{}, 10)->size(), 1U);
}

TEST(Migrations, GoUpAgainWithoutEffect) {
    const TemporaryFolder folder;
    const auto database = open_in(folder);
    ASSERT_TRUE(database->migrate_up());
    write_something(*database);

    ASSERT_TRUE(database->migrate_up());

    EXPECT_EQ(keys(database->session())->size(), 1U);
}

TEST(Migrations, MayStartTenTimesAtOnce) {
    const TemporaryFolder folder;
    std::vector<std::thread> starts;
    std::atomic<int> failures{0};
    for (int i = 0; i < 10; ++i) {
        starts.emplace_back([&] {
            const auto database = open_in(folder);
            if (database == nullptr || !database->migrate_up()) {
                ++failures;
            }
        });
    }
    for (std::thread& start : starts) {
        start.join();
    }

    EXPECT_EQ(failures, 0);
    for (const char* const table : kSomeTables) {
        EXPECT_NE(tables_in(folder).find(table), std::string::npos) << table;
    }
}

TEST(Migrations, RefuseANewerSchema) {
    const TemporaryFolder folder;
    const auto database = open_in(folder);
    ASSERT_TRUE(database->migrate_up());
    auto newer = sqlite::Connection::open(folder / "pulse.db");
    ASSERT_TRUE(newer->execute("INSERT INTO schema_migration VALUES (9999, 'later', 0)"));

    const Result<void> up = database->migrate_up();
    const Result<void> down = database->migrate_down(true);

    ASSERT_FALSE(up);
    EXPECT_EQ(up.error().code(), Errc::configuration);
    EXPECT_NE(up.error().detail().find("version 9999"), std::string::npos);
    ASSERT_FALSE(down);
    EXPECT_EQ(down.error().code(), Errc::configuration);
}

TEST(Database, IsAFileForItsOwnerOnly) {
    const TemporaryFolder folder;
    const auto database = open_in(folder);
    ASSERT_TRUE(database->migrate_up());

    for (const char* name : {"pulse.db", "pulse.db-wal"}) {
        struct stat status {};
        ASSERT_EQ(::stat((folder / name).c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777U, 0600U) << name;
    }
}

TEST(Database, RefusesASchemeThatItDoesNotKnowWithoutShowingTheAddress) {
    const auto database = open_database("mysql://root:secret@db/pulse");

    ASSERT_FALSE(database);
    EXPECT_EQ(database.error().code(), Errc::configuration);
    EXPECT_EQ(database.error().detail().find("secret"), std::string::npos);
}

TEST(Database, SaysWhichFileItCannotOpen) {
    const auto database = open_database("sqlite:/proc/pulse/pulse.db");

    ASSERT_FALSE(database);
    EXPECT_EQ(database.error().code(), Errc::storage_unavailable);
    EXPECT_NE(database.error().detail().find("/proc/pulse/pulse.db"), std::string::npos);
}

}  // namespace
}  // namespace pulse::storage
