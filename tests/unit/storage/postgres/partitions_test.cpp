#include "storage/postgres/partitions.h"

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

namespace pulse::storage {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;

/// Noon of the first day that samples are from.
const TimePoint kNoon = tests::sample_id(0).time() + hours{12};

class PartitionsTest : public testing::Test {
protected:
    void SetUp() override {
        std::string why;
        auto* const server = pulse::tests::PostgresServer::shared(why);
        if (server == nullptr) {
            GTEST_SKIP() << why;
        }
        url_ = server->url(server->create_database());
        database_ = open();
        const auto migrated = database_->migrate_up();
        ASSERT_TRUE(migrated) << migrated.error().detail();
    }
    [[nodiscard]] std::unique_ptr<Database> open() const {
        auto opened = open_database(url_);
        EXPECT_TRUE(opened);
        return std::move(*opened);
    }
    /// One record of each of these days, counted from the first.
    void write_days(const std::vector<int>& which) {
        std::deque<std::string> bytes;
        std::deque<DecodedRecord> records;
        std::vector<const DecodedRecord*> pointers;
        for (const int day : which) {
            const auto offset = std::chrono::duration_cast<milliseconds>(days{day}).count();
            encode(
                tests::sample_record(static_cast<std::uint64_t>(offset + 1)), bytes.emplace_back());
            ASSERT_TRUE(decode(bytes.back(), records.emplace_back()));
            pointers.push_back(&records.back());
        }
        const auto counts = database_->write(pointers, {});
        ASSERT_TRUE(counts) << counts.error().detail();
        ASSERT_TRUE(counts->rejects.empty());
    }
    [[nodiscard]] std::string value_of(std::string_view statement) {
        const auto found = sql::select_one(
            database_->session(), statement, {}, [](const sql::Row& row) { return row.owned(0); });
        return found ? found->value_or("no row") : found.error().detail();
    }
    [[nodiscard]] Result<RetentionCounts> retain(
        std::optional<TimePoint> requests, std::optional<TimePoint> events = std::nullopt) {
        return database_->retain({requests, events}, kNoon + days{40}, [] { return false; });
    }

    std::string url_;
    std::unique_ptr<Database> database_;
};

TEST(Stretches, AreWholeDaysAndMonthsOfUtc) {
    const TimePoint leap =
        TimePoint{std::chrono::sys_days{std::chrono::year{2028} / std::chrono::February / 29}} +
        hours{23};

    const auto day = postgres::stretch_of(postgres::kRequestLog, leap);
    const auto month = postgres::stretch_of(postgres::kCostEvent, leap);

    EXPECT_EQ(day.begin, leap - hours{23});
    EXPECT_EQ(day.end, leap + hours{1});
    EXPECT_EQ(month.begin, leap - hours{23} - days{28});
    EXPECT_EQ(month.end, leap + hours{1});
}

TEST_F(PartitionsTest, AreMadeAheadOnceByManyAtATime) {
    std::vector<std::string> failures(6);
    std::vector<std::thread> gateways;
    for (std::string& failure : failures) {
        gateways.emplace_back([&] {
            const auto made = open()->maintain(kNoon);
            failure = made ? "" : made.error().detail();
        });
    }
    for (std::thread& gateway : gateways) {
        gateway.join();
    }

    EXPECT_EQ(failures, std::vector<std::string>(6));
    const auto log = postgres::partitions_of(database_->session(), postgres::kRequestLog);
    const auto events = postgres::partitions_of(database_->session(), postgres::kCostEvent);
    ASSERT_TRUE(log);
    ASSERT_EQ(log->size(), 4U);
    EXPECT_EQ(log->front().name, "ai_request_log_20260101");
    EXPECT_EQ(log->back().name, "ai_request_log_20260104");
    ASSERT_TRUE(events);
    ASSERT_EQ(events->size(), 2U);
    EXPECT_EQ(events->back().name, "cost_event_202602");
}

TEST_F(PartitionsTest, HaveTheIndexesOfTheirTable) {
    ASSERT_TRUE(database_->maintain(kNoon));

    const std::string of = "SELECT count(*) FROM pg_index WHERE indrelid = 'ai_request_log";
    EXPECT_EQ(value_of(of + "_20260101'::regclass"), value_of(of + "_default'::regclass"));
    EXPECT_EQ(value_of(of + "_20260101'::regclass"), value_of(of + "'::regclass"));
}

TEST_F(PartitionsTest, RowsWithoutOneLandInTheDefaultAndAreMoved) {
    ASSERT_TRUE(database_->maintain(kNoon));
    write_days({0, 9, 9, 12, 45});
    ASSERT_EQ(value_of("SELECT count(*) FROM ai_request_log_default"), "3");
    ASSERT_EQ(value_of("SELECT count(*) FROM cost_event_default"), "0");

    const auto moved = postgres::make_partitions(database_->session(), kNoon);

    ASSERT_TRUE(moved) << moved.error().detail();
    EXPECT_EQ(*moved, 9U);  // three requests with two attempts each
    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_log_default"), "0");
    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_attempt_default"), "0");
    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_log_20260110"), "1");
    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_log"), "4");
    EXPECT_EQ(*postgres::make_partitions(database_->session(), kNoon), 0U);
}

TEST_F(PartitionsTest, AreLeftToAGatewayThatChangesThem) {
    const auto other = open();
    auto changing = sql::Transaction::begin(other->session());
    ASSERT_TRUE(changing);
    ASSERT_TRUE(postgres::lock_partitions(other->session()));

    const auto left = database_->maintain(kNoon);

    EXPECT_TRUE(left) << left.error().detail();
    EXPECT_TRUE(postgres::partitions_of(database_->session(), postgres::kRequestLog)->empty());
}

TEST_F(PartitionsTest, ForTimesFarAwayAreNotMade) {
    write_days({4'000});

    EXPECT_EQ(*postgres::make_partitions(database_->session(), kNoon), 0U);
    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_log_default"), "1");
}

TEST_F(PartitionsTest, RetentionDropsWholeDaysAndNotesWhatTheyHeld) {
    write_days({0, 1, 2, 35});
    ASSERT_TRUE(database_->maintain(kNoon));

    const auto dropped = retain(kNoon + days{2}, kNoon + days{31});

    ASSERT_TRUE(dropped) << dropped.error().detail();
    EXPECT_EQ(dropped->requests, 2U);
    EXPECT_EQ(dropped->cost_events, 3U);
    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_log"), "2");
    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_attempt"), "4");
    EXPECT_EQ(value_of("SELECT count(*) FROM cost_event"), "1");
    EXPECT_EQ(value_of("SELECT sum(requests) FROM request_rollup_day"), "4");
    EXPECT_EQ(
        value_of("SELECT rows || ' ' || (totals ->> 'USD') FROM retention_drop WHERE table_name = "
                 "'cost_event'"),
        "3 0.00002655");
    EXPECT_EQ(
        value_of("SELECT count(*) FROM retention_drop WHERE table_name = 'ai_request_log'"), "2");
}

TEST_F(PartitionsTest, RetentionTakesLateRowsOfADayThatIsGone) {
    write_days({0});
    ASSERT_TRUE(database_->maintain(kNoon));
    ASSERT_TRUE(retain(kNoon + days{1}));
    // Half a day later than the one that is gone.
    std::string bytes;
    encode(tests::sample_record(43'200'000), bytes);
    DecodedRecord late;
    ASSERT_TRUE(decode(bytes, late));
    const DecodedRecord* const records[] = {&late};
    ASSERT_TRUE(database_->write(records, {}));
    ASSERT_TRUE(database_->maintain(kNoon + days{1}));

    const auto taken = retain(kNoon + days{1});

    ASSERT_TRUE(taken) << taken.error().detail();
    EXPECT_EQ(taken->requests, 1U);
    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_log"), "0");
    EXPECT_EQ(value_of("SELECT sum(rows) FROM retention_drop"), "2");
}

TEST_F(PartitionsTest, RetentionKeepsWhatDiffersFromTheRollups) {
    write_days({0, 1});
    ASSERT_TRUE(database_->maintain(kNoon));
    ASSERT_TRUE(database_->session().run(
        "UPDATE request_rollup_day SET cost = cost + 0.5 WHERE day < '2026-01-02'", {}));

    const auto dropped = retain(kNoon + days{10});

    ASSERT_FALSE(dropped);
    EXPECT_EQ(dropped.error().code(), Errc::corrupt_input);
    EXPECT_NE(dropped.error().detail().find("0.00000885"), std::string::npos)
        << dropped.error().detail();
    EXPECT_NE(dropped.error().detail().find("0.50000885"), std::string::npos);
    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_log"), "2");
    EXPECT_EQ(value_of("SELECT count(*) FROM retention_drop"), "0");
}

}  // namespace
}  // namespace pulse::storage
