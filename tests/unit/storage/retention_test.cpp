#include "storage/database.h"
#include "storage/rollup/verify.h"
#include "storage/tables/requests.h"
#include "storage/tables/rerating.h"
#include "tests/unit/storage/engines.h"
#include "tests/unit/storage/samples.h"
#include "tests/unit/storage/tables/written_records.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace pulse::storage {
namespace {

using namespace std::chrono_literals;
using tests::pico;
using tests::sample_id;
using tests::sample_record;
using tests::write_records;

const TimePoint kNewYear = sample_id(0).time();

[[nodiscard]] RequestRecord record_at(std::chrono::milliseconds into_2026) {
    return sample_record(static_cast<std::uint64_t>(into_2026.count()));
}

class RetentionTest : public tests::EngineTest {
protected:
    /// As the housekeeping does.
    [[nodiscard]] Result<RetentionCounts> try_to_retain(const RetentionCutoffs& cutoffs) {
        const auto maintained = database().maintain(now_);
        EXPECT_TRUE(maintained) << maintained.error().detail();
        now_ += 1h;
        return database().retain(cutoffs, now_, [] { return false; });
    }
    RetentionCounts retain(const RetentionCutoffs& cutoffs) {
        const auto taken = try_to_retain(cutoffs);
        EXPECT_TRUE(taken) << taken.error().detail();
        return taken ? *taken : RetentionCounts{};
    }
    [[nodiscard]] std::string row_counts() {
        return tests::lines(
            session(),
            "SELECT (SELECT count(*) FROM ai_request_log),"
            " (SELECT count(*) FROM ai_request_attempt), (SELECT count(*) FROM cost_event)",
            "ttt");
    }
    [[nodiscard]] std::string drops() {
        return tests::lines(
            session(),
            "SELECT table_name, begins_at, ends_at, rows, totals FROM retention_drop"
            " ORDER BY begins_at, table_name",
            "tuutt");
    }
    [[nodiscard]] std::size_t differences() {
        const auto found = verify_rollups(session(), {TimePoint{}, now_});
        EXPECT_TRUE(found) << found.error().detail();
        return found ? found->size() : 99;
    }

    TimePoint now_ = kNewYear + 24h * 100;
};
PULSE_ON_BOTH_ENGINES(RetentionTest);

TEST_P(RetentionTest, TakesWholeDaysOfRequestsThatAreOlder) {
    write_records(database(), {record_at(1h), record_at(23h), record_at(25h), record_at(49h)});

    const RetentionCounts taken = retain({.requests = kNewYear + 49h + 30min, .cost_events = {}});

    EXPECT_EQ(taken.requests, 3U);
    EXPECT_EQ(taken.cost_events, 0U);
    EXPECT_EQ(row_counts(), "1 2 4") << "two days, with their attempts; the third is not over";
    EXPECT_EQ(value_of("SELECT id FROM ai_request_log"), record_at(49h).id.to_string());
    EXPECT_EQ(
        tests::lines(
            session(),
            "SELECT table_name, begins_at, ends_at, rows FROM retention_drop"
            " WHERE table_name = 'ai_request_log' ORDER BY begins_at",
            "tuut"),
        "ai_request_log 1767225600000000 1767312000000000 2\n"
        "ai_request_log 1767312000000000 1767398400000000 1");
    EXPECT_EQ(differences(), 0U);
}

TEST_P(RetentionTest, TakesWholeMonthsOfCostEvents) {
    const auto february = 24h * 31;
    write_records(database(), {record_at(1h), record_at(february - 1ms), record_at(february)});

    const RetentionCounts taken =
        retain({.requests = {}, .cost_events = kNewYear + february + 24h * 20});

    EXPECT_EQ(taken.requests, 0U);
    EXPECT_EQ(taken.cost_events, 2U);
    EXPECT_EQ(row_counts(), "3 6 1");
    EXPECT_EQ(differences(), 0U);
    EXPECT_EQ(value_of("SELECT events FROM cost_rollup_day ORDER BY day LIMIT 1"), "1")
        << "the sums stay";
}

TEST_P(RetentionTest, KeepsAllWithoutACutOff) {
    write_records(database(), {record_at(1h)});

    const RetentionCounts taken = retain({});

    EXPECT_EQ(taken.requests + taken.cost_events, 0U);
    EXPECT_EQ(row_counts(), "1 2 1");
    EXPECT_EQ(drops(), "");
}

TEST_P(RetentionTest, LeavesWhatWasSpentAsItWas) {
    RequestRecord other = record_at(26h);
    other.key_id = "key-2";
    write_records(database(), {record_at(1h), other, record_at(50h)});
    const auto before = spent_since(session(), std::nullopt);

    retain({.requests = kNewYear + 48h, .cost_events = {}});

    const auto after = spent_since(session(), std::nullopt);
    ASSERT_TRUE(before && after);
    ASSERT_EQ(after->size(), 2U);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(after->at(i).key_id, before->at(i).key_id);
        EXPECT_EQ(after->at(i).spent, before->at(i).spent);
    }
}

TEST_P(RetentionTest, StopsWhereTheRollupsDiffer) {
    write_records(database(), {record_at(1h), record_at(25h), record_at(49h)});
    ASSERT_TRUE(
        session().run("UPDATE request_rollup_day SET cost = '7' WHERE day = $1", {kNewYear + 24h}));

    const auto taken = try_to_retain({.requests = kNewYear + 72h, .cost_events = {}});

    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code(), Errc::corrupt_input);
    EXPECT_NE(taken.error().detail().find("1 row, 7 USD"), std::string::npos)
        << taken.error().detail();
    EXPECT_NE(taken.error().detail().find("1 row, 0.00000885 USD"), std::string::npos);
    EXPECT_EQ(row_counts(), "2 4 3") << "the day before is gone, that one and the next are not";
}

TEST_P(RetentionTest, StopsWhereAnyRollupOfCostsDiffers) {
    for (const RollupTable* const table : rollups_of_costs()) {
        const std::string name{table->name};
        write_records(database(), {record_at(1h)});
        ASSERT_TRUE(session().run("UPDATE " + name + " SET events = events + 1", {}));

        const auto taken = try_to_retain({.requests = {}, .cost_events = now_});

        ASSERT_FALSE(taken) << name;
        EXPECT_NE(taken.error().detail().find(name + " holds 2 rows"), std::string::npos)
            << taken.error().detail();
        EXPECT_EQ(row_counts(), "1 2 1") << name;
        ASSERT_TRUE(session().run("UPDATE " + name + " SET events = events - 1", {}));
    }
    retain({.requests = {}, .cost_events = now_});
    EXPECT_EQ(row_counts(), "1 2 0");
    EXPECT_EQ(differences(), 0U);
}

TEST_P(RetentionTest, TakesTheCostEventsThoughTheRequestsDiffer) {
    write_records(database(), {record_at(1h)});
    ASSERT_TRUE(session().run("DELETE FROM request_rollup_day", {}));

    const auto taken = try_to_retain({now_, now_});

    EXPECT_FALSE(taken);
    EXPECT_EQ(row_counts(), "1 2 0");
}

TEST_P(RetentionTest, TakesWhatComesLateTheNextTime) {
    const RetentionCutoffs cutoffs{.requests = kNewYear + 48h, .cost_events = {}};
    write_records(database(), {record_at(1h)});
    retain(cutoffs);
    write_records(database(), {record_at(2h), record_at(3h)});

    const RetentionCounts again = retain(cutoffs);

    EXPECT_EQ(again.requests, 2U);
    EXPECT_EQ(row_counts(), "0 0 3");
    EXPECT_EQ(differences(), 0U);
    EXPECT_EQ(value_of("SELECT requests FROM request_rollup_day"), "3");
}

TEST_P(RetentionTest, TakesReratingsWithTheirMonths) {
    write_records(database(), {record_at(1h), record_at(24h * 40)});
    auto attempts = billed_attempts(session(), BilledKind::all, {}, first_id_at(now_), 10);
    ASSERT_TRUE(attempts) << attempts.error().detail();
    ReratingBatch batch{now_, "2026-11-20/fedcba", {}};
    for (BilledAttempt& attempt : *attempts) {
        batch.changes.push_back({std::move(attempt), pico(5), "exact", false});
    }
    ASSERT_TRUE(apply_rerating(session(), batch));

    retain({.requests = {}, .cost_events = kNewYear + 24h * 45});

    EXPECT_EQ(value_of("SELECT request_id FROM cost_rerating"), record_at(24h * 40).id.to_string());
    EXPECT_EQ(differences(), 0U);
}

TEST_P(RetentionTest, EndsBetweenTwoStepsWhenItIsToldTo) {
    write_records(database(), {record_at(1h), record_at(25h)});
    int asked = 0;

    const auto taken = database().retain(
        {.requests = kNewYear + 72h, .cost_events = {}}, now_, [&] { return ++asked > 1; });

    ASSERT_TRUE(taken) << taken.error().detail();
    EXPECT_LT(taken->requests, 2U);
    EXPECT_EQ(differences(), 0U);
}

TEST_P(RetentionTest, LetsTheLedgerWriteMeanwhile) {
    constexpr std::size_t kDays = 3;
    constexpr std::size_t kRowsADay = 2'000;
    for (std::size_t day = 0; day < kDays; ++day) {
        std::vector<RequestRecord> records;
        for (std::size_t i = 0; i < kRowsADay; ++i) {
            records.push_back(record_at(24h * day + std::chrono::milliseconds{i}));
        }
        write_records(database(), records);
    }
    // Its day has a partition by then, as in a gateway that has run for an hour.
    write_records(database(), {record_at(24h * 90)});
    ASSERT_TRUE(database().maintain(now_));
    std::atomic<bool> done{false};
    std::chrono::steady_clock::duration longest{};
    std::size_t written = 1;
    std::thread ledger{[&] {
        const auto writer = open();
        auto record = std::make_unique<DecodedRecord>();
        const DecodedRecord* records[] = {record.get()};
        while (!done) {
            record->record = record_at(24h * 90 + std::chrono::milliseconds{written});
            const auto begun_at = std::chrono::steady_clock::now();
            // As the ledger does: while partitions change, PostgreSQL may ask to try again.
            const auto counts = writer->write(records, {});
            written += counts && counts->requests == 1 ? 1U : 0U;
            EXPECT_TRUE(counts || counts.error().code() == Errc::storage_unavailable)
                << counts.error().detail();
            longest = std::max(longest, std::chrono::steady_clock::now() - begun_at);
        }
    }};

    const RetentionCounts taken = retain({.requests = kNewYear + 24h * 80, .cost_events = {}});
    done = true;
    ledger.join();

    EXPECT_EQ(taken.requests, kDays * kRowsADay);
    EXPECT_GT(written, 1U);
    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_log"), std::to_string(written));
    // A step is some 20 ms; the rest is for a machine that is busy with something else.
    EXPECT_LT(longest, 5s);
    RecordProperty(
        "longest_write_us",
        static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(longest).count()));
    EXPECT_EQ(differences(), 0U);
}

}  // namespace
}  // namespace pulse::storage
