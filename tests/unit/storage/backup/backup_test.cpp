#include "storage/backup/backup.h"

#include "storage/backup/backup_folder.h"
#include "storage/tables/keys.h"
#include "tests/unit/storage/engines.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>

namespace pulse::storage {
namespace {

using namespace std::chrono_literals;

class Backup : public tests::EngineTest {
protected:
    [[nodiscard]] std::filesystem::path file() const {
        return folder().path() / "backups" /
               backup_name(TimePoint{1'763'716'200s}, backup_suffix(url()));
    }
    void add_key(const std::string& id, char digit) {
        KeyRow row;
        row.id = row.label = id;
        row.hash_hex = std::string(64, digit);
        row.prefix = "sk-pulse-ab";
        row.team = "search";
        row.created_at = TimePoint{1s};
        const auto inserted = insert_key(session(), row);
        ASSERT_TRUE(inserted) << inserted.error().detail();
    }
    [[nodiscard]] std::string keys_there() {
        return value_of("SELECT count(*) FROM ai_gateway_key");
    }
};

TEST_P(Backup, GivesBackWhatWasThere) {
    add_key("a", '1');
    const auto made = back_up(url(), file());
    ASSERT_TRUE(made) << made.error().detail();
    EXPECT_EQ(made->bytes, std::filesystem::file_size(file()));
    add_key("b", '2');
    ASSERT_EQ(keys_there(), "2");
    close();

    const auto restored = restore(url(), file(), Replace::yes);

    ASSERT_TRUE(restored) << restored.error().detail();
    EXPECT_EQ(restored->schema_version, made->schema_version);
    reopen();
    EXPECT_EQ(keys_there(), "1");
    EXPECT_EQ(value_of("SELECT id FROM ai_gateway_key"), "a");
    EXPECT_EQ(value_of("SELECT name FROM team"), "search");
    add_key("c", '3');
    EXPECT_EQ(keys_there(), "2");
}

TEST_P(Backup, LeavesWhatIsUsedAloneUnlessToldToReplaceIt) {
    add_key("a", '1');
    ASSERT_TRUE(back_up(url(), file()));
    add_key("b", '2');
    close();

    const auto refused = restore(url(), file(), Replace::no);

    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), Errc::configuration);
    EXPECT_NE(refused.error().detail().find("--replace"), std::string::npos)
        << refused.error().detail();
    reopen();
    EXPECT_EQ(keys_there(), "2");
}

TEST_P(Backup, RefusesAFileThatIsNoBackup) {
    add_key("a", '1');
    const std::filesystem::path other = folder().path() / "notes.txt";
    std::ofstream(other) << "not a database at all, but long enough to look at: "
                         << std::string(4096, 'x');
    close();

    for (const auto& path : {other, folder().path() / "missing"}) {
        const auto refused = restore(url(), path, Replace::yes);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code(), Errc::configuration) << refused.error().detail();
        EXPECT_NE(refused.error().detail().find(path.string()), std::string::npos);
    }

    reopen();
    EXPECT_EQ(keys_there(), "1");
}

TEST_P(Backup, IsOfOneMomentWhileOthersWrite) {
    std::atomic<bool> stopping{false};
    std::atomic<int> written{0};
    std::thread writer([this, &stopping, &written] {
        const auto database = open();
        for (int n = 0; !stopping; ++n) {
            // A pair in one transaction: a backup holds both or none.
            auto transaction = sql::Transaction::begin(database->session());
            ASSERT_TRUE(transaction);
            for (const char* const kind : {"team", "project"}) {
                const auto inserted = database->session().run(
                    std::string{"INSERT INTO "} + kind +
                        " (org_id, id, name, created_at) VALUES ('default', $1, 'n', $2)",
                    {std::to_string(n), TimePoint{1s}});
                ASSERT_TRUE(inserted) << inserted.error().detail();
            }
            ASSERT_TRUE(transaction->commit());
            written = n + 1;
        }
    });
    while (written < 50) {
        std::this_thread::yield();
    }
    const int before = written;
    const auto made = back_up(url(), file());
    stopping = true;
    writer.join();
    ASSERT_TRUE(made) << made.error().detail();
    close();

    ASSERT_TRUE(restore(url(), file(), Replace::yes));

    reopen();
    EXPECT_EQ(value_of("SELECT count(*) FROM team"), value_of("SELECT count(*) FROM project"));
    EXPECT_GE(std::stoi(value_of("SELECT count(*) FROM team")), before);
}

PULSE_ON_BOTH_ENGINES(Backup);

class SqliteBackup : public Backup {};

TEST_P(SqliteBackup, IsOneFileOfItsOwnersAlone) {
    add_key("a", '1');
    ASSERT_TRUE(back_up(url(), file()));

    EXPECT_EQ(
        std::filesystem::status(file()).permissions(),
        std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator{file().parent_path()}) {
        ++files;
    }
    EXPECT_EQ(files, 1U);
}

TEST_P(SqliteBackup, RefusesToReplaceADatabaseThatIsOpen) {
    add_key("a", '1');
    ASSERT_TRUE(back_up(url(), file()));

    const auto refused = restore(url(), file(), Replace::yes);

    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().detail().find("in use"), std::string::npos)
        << refused.error().detail();
    EXPECT_EQ(keys_there(), "1");
}

INSTANTIATE_TEST_SUITE_P(
    Engines, SqliteBackup, testing::Values(sql::Engine::sqlite), tests::engine_name);

TEST(BackupFolder, KeepsTheNewestAndWhatIsNotItsOwn) {
    const tests::TemporaryFolder temporary;
    const BackupFolder folder{temporary.path(), ".db"};
    EXPECT_FALSE(folder.newest());
    const TimePoint first{1'763'716'200s};
    for (int n = 0; n < 5; ++n) {
        std::ofstream(folder.path_of(first + n * 6h)) << n;
    }
    for (const char* const other : {"pulse-20261121T093000Z.pgdump", "pulse-2026.db", "notes.db"}) {
        std::ofstream(temporary.path() / other) << "mine";
    }

    ASSERT_TRUE(folder.keep(2));

    EXPECT_EQ(folder.newest(), first + 24h);
    EXPECT_TRUE(std::filesystem::exists(folder.path_of(first + 18h)));
    EXPECT_FALSE(std::filesystem::exists(folder.path_of(first + 12h)));
    EXPECT_TRUE(std::filesystem::exists(temporary.path() / "notes.db"));
    EXPECT_TRUE(std::filesystem::exists(temporary.path() / "pulse-2026.db"));
    EXPECT_TRUE(std::filesystem::exists(temporary.path() / "pulse-20261121T093000Z.pgdump"));
}

}  // namespace
}  // namespace pulse::storage
