#include "storage/database.h"
#include "tests/support/postgres_server.h"
#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

/// What the ledger does when its server is frozen, killed or behind a pooler.
namespace pulse::storage {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class LedgerFaultsTest : public testing::Test {
protected:
    void SetUp() override {
        std::string why;
        // One of its own: it is frozen and killed here.
        server_ = pulse::tests::PostgresServer::start(why);
        if (!server_) {
            GTEST_SKIP() << why;
        }
        name_ = server_->create_database();
        database_ = open();
        const auto migrated = database_->migrate_up();
        ASSERT_TRUE(migrated) << migrated.error().detail();
    }
    [[nodiscard]] std::unique_ptr<Database> open() const {
        auto opened = open_database(server_->tcp_url(name_, "postgres"));
        EXPECT_TRUE(opened);
        return std::move(*opened);
    }
    /// A batch of `count` records from `first` on.
    [[nodiscard]] Result<LedgerCounts> write(std::uint64_t first, std::uint64_t count) {
        std::deque<std::string> bytes;
        std::deque<DecodedRecord> records;
        std::vector<const DecodedRecord*> pointers;
        for (std::uint64_t number = first; number < first + count; ++number) {
            encode(tests::sample_record(number), bytes.emplace_back());
            EXPECT_TRUE(decode(bytes.back(), records.emplace_back()));
            pointers.push_back(&records.back());
        }
        return database_->write(pointers, {{"a.segment", first + count}});
    }
    [[nodiscard]] std::string value_of(std::string_view statement) {
        const auto found = sql::select_one(
            database_->session(), statement, {}, [](const sql::Row& row) { return row.owned(0); });
        return found ? found->value_or("no row") : found.error().detail();
    }
    void expect_rows(const std::string& rows) {
        EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_log"), rows);
        EXPECT_EQ(value_of("SELECT count(*) FROM cost_event"), rows);
        EXPECT_EQ(value_of("SELECT sum(requests) FROM request_rollup_day"), rows);
    }
    /// As the ledger's thread does.
    [[nodiscard]] bool write_until_taken(std::uint64_t first, std::uint64_t count) {
        for (int tries = 0; tries < 200; ++tries) {
            const auto written = write(first, count);
            if (written) {
                return written->rejects.empty();
            }
            EXPECT_EQ(written.error().code(), Errc::storage_unavailable)
                << written.error().detail();
            std::this_thread::sleep_for(milliseconds{50});
        }
        return false;
    }

    std::unique_ptr<pulse::tests::PostgresServer> server_;
    std::string name_;
    std::unique_ptr<Database> database_;
};

TEST_F(LedgerFaultsTest, AFrozenServerCostsItsTimeAndNoRow) {
    ASSERT_TRUE(write(1, 500));
    server_->freeze();
    const auto begun = steady_clock::now();

    const auto failed = write(501, 500);

    const auto waited = steady_clock::now() - begun;
    server_->thaw();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), Errc::storage_unavailable);
    EXPECT_LT(waited, milliseconds{15'000});
    EXPECT_TRUE(write_until_taken(501, 500));
    expect_rows("1000");
}

TEST_F(LedgerFaultsTest, AFrozenServerHoldsNobodyUpWhoIsTold) {
    ASSERT_TRUE(write(1, 500));
    server_->freeze();
    const auto begun = steady_clock::now();
    std::thread teller{[&] {
        std::this_thread::sleep_for(milliseconds{300});
        database_->give_up_by(begun + milliseconds{1'000});
    }};

    const auto failed = write(501, 500);
    const auto again = write(501, 500);

    const auto waited = steady_clock::now() - begun;
    teller.join();
    server_->thaw();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), Errc::storage_unavailable);
    EXPECT_FALSE(again);
    EXPECT_GE(waited, milliseconds{900});
    EXPECT_LT(waited, milliseconds{3'000});
    database_ = open();
    EXPECT_TRUE(write_until_taken(501, 500));
    expect_rows("1000");
}

TEST_F(LedgerFaultsTest, AKilledServerTakesRowsAgainWhenItIsBack) {
    ASSERT_TRUE(write(1, 500));
    server_->kill_postmaster();
    static_cast<void>(write(501, 500));
    static_cast<void>(write(501, 500));

    ASSERT_TRUE(server_->launch());

    EXPECT_TRUE(write_until_taken(501, 500));
    EXPECT_TRUE(write_until_taken(1, 1'000));
    expect_rows("1000");
}

TEST_F(LedgerFaultsTest, WithoutItsTablesItWaitsForThem) {
    ASSERT_TRUE(database_->migrate_down(true));

    const auto failed = write(1, 5);

    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), Errc::storage_unavailable);
    ASSERT_TRUE(database_->migrate_up());
    EXPECT_TRUE(write(1, 5));
}

TEST_F(LedgerFaultsTest, WithoutAPartitionForThemNoRowIsTakenForBad) {
    ASSERT_TRUE(server_->execute(name_, "DROP TABLE ai_request_attempt_default"));

    const auto failed = write(1, 5);

    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), Errc::storage_unavailable);
}

TEST_F(LedgerFaultsTest, GoesWithoutTemporaryTablesWhereItMayMakeNone) {
    ASSERT_TRUE(server_->execute(
        name_,
        "CREATE ROLE modest LOGIN; REVOKE TEMPORARY ON DATABASE " + name_ +
            " FROM PUBLIC; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "
            "modest"));
    auto opened = open_database(server_->tcp_url(name_, "modest"));
    ASSERT_TRUE(opened);
    database_ = std::move(*opened);

    const auto written = write(1, 800);

    ASSERT_TRUE(written) << written.error().detail();
    expect_rows("800");
}

TEST_F(LedgerFaultsTest, AReplayOfWhatRetentionTookIsNotCountedAgain) {
    ASSERT_TRUE(write(1, 50));
    ASSERT_TRUE(
        server_->execute(name_, "DELETE FROM ai_request_log; DELETE FROM ai_request_attempt"));

    const auto replayed = write(1, 60);

    ASSERT_TRUE(replayed) << replayed.error().detail();
    EXPECT_EQ(replayed->requests, 10U);
    EXPECT_EQ(value_of("SELECT sum(requests) FROM request_rollup_day"), "60");
    EXPECT_EQ(value_of("SELECT sum(events) FROM cost_rollup_day"), "60");
    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_log"), "10");
    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_attempt"), "20");
}

}  // namespace
}  // namespace pulse::storage
