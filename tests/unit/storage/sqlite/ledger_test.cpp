#include "storage/sqlite/ledger.h"

#include "storage/database.h"
#include "storage/detail/cost_event_id.h"
#include "storage/sqlite/connection.h"
#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace pulse::storage {
namespace {

using tests::kSampleAttempts;
using tests::pico;
using tests::sample_id;
using tests::sample_record;
using tests::TemporaryFolder;

class LedgerTables : public ::testing::Test {
protected:
    LedgerTables() : connection_(sqlite::Connection::open(folder_ / "pulse.db")) {
        auto database = open_database("sqlite:" + (folder_ / "pulse.db").string());
        EXPECT_TRUE(database);
        database_ = std::move(*database);
        EXPECT_TRUE(database_->migrate_up());
    }

    LedgerCounts write(const std::vector<RequestRecord>& records) {
        std::deque<DecodedRecord> decoded(records.size());
        std::vector<const DecodedRecord*> pointers;
        for (std::size_t i = 0; i < records.size(); ++i) {
            decoded[i].record = records[i];
            pointers.push_back(&decoded[i]);
        }
        const auto counts = database_->write(pointers, {});
        EXPECT_TRUE(counts) << counts.error().detail();
        return *counts;
    }
    /// The first column of the first row.
    [[nodiscard]] std::string value(const std::string& sql) {
        Result<sqlite::Statement> query = connection_->prepare(sql);
        EXPECT_TRUE(query) << query.error().detail();
        EXPECT_EQ(query->step(), SQLITE_ROW);
        return std::string{query->text(0)};
    }
    [[nodiscard]] std::string row_counts() {
        return value(
            "SELECT (SELECT count(*) FROM ai_request_log) || ' ' || (SELECT count(*) FROM "
            "ai_request_attempt)"
            " || ' ' || (SELECT count(*) FROM cost_event)");
    }

    TemporaryFolder folder_;
    Result<sqlite::Connection> connection_;
    std::unique_ptr<Database> database_;
};

TEST_F(LedgerTables, GetARequestItsAttemptsAndWhatWasBilled) {
    const LedgerCounts counts = write({sample_record()});

    EXPECT_EQ(counts.requests, 1U);
    EXPECT_EQ(counts.attempts, 2U);
    EXPECT_EQ(counts.cost_events, 1U) << "the first attempt was not billed";
    EXPECT_EQ(row_counts(), "1 2 1");
    EXPECT_EQ(
        value("SELECT concat_ws FROM (SELECT id || ' ' || ts || ' ' || key_id || ' ' || \"user\" "
              "|| ' ' || cost || ' ' ||"
              " stated_cost || ' ' || attempts AS concat_ws FROM ai_request_log)"),
        "019b76da-a801-7000-8000-000000000001 1767225600001000 key-1 ada 0.00000885 9000000000 2");
    EXPECT_EQ(
        value("SELECT occurred_at || ' ' || source || ' ' || provider || ' ' || service || ' ' || "
              "resource_type || ' ' ||"
              " model || ' ' || quantity || ' ' || amount || ' ' || net_amount || ' ' || "
              "request_id FROM cost_event"),
        "1767225600001000 AI backup chat.completions model gpt-4o-mini-2024-07-18 29 0.00000885 "
        "0.00000885"
        " 019b76da-a801-7000-8000-000000000001");
    EXPECT_EQ(value("SELECT id FROM price_version"), "2026-11-01/abcdef");
}

TEST_F(LedgerTables, MarkTheSandbox) {
    RequestRecord record = sample_record();
    record.sandbox = true;

    write({record});

    EXPECT_EQ(value("SELECT sandbox FROM ai_request_log"), "1");
    EXPECT_EQ(value("SELECT resource_type FROM cost_event"), "sandbox");
}

TEST_F(LedgerTables, DoNotChangeWithDuplicates) {
    write({sample_record(1), sample_record(2)});

    const LedgerCounts counts =
        write({sample_record(2), sample_record(1), sample_record(3), sample_record(3)});

    EXPECT_EQ(counts.requests, 1U);
    EXPECT_EQ(counts.cost_events, 1U);
    EXPECT_EQ(row_counts(), "3 6 3");
}

TEST_F(LedgerTables, KeepTheFirstOfTwoRecordsWithOneId) {
    write({sample_record()});
    RequestRecord other = sample_record();
    other.cost = pico(1);

    write({other});

    EXPECT_EQ(value("SELECT cost FROM ai_request_log"), "0.00000885");
}

TEST_F(LedgerTables, GetNothingOfABatchWithARecordThatCannotBeStored) {
    RequestRecord negative = sample_record(2);
    negative.usage.output_total = -1;
    RequestRecord no_json = sample_record(3);
    no_json.tags_json = "{";

    const LedgerCounts counts = write({sample_record(1), negative, no_json});

    ASSERT_EQ(counts.rejects.size(), 2U);
    EXPECT_EQ(counts.rejects[0].index, 1U);
    EXPECT_NE(counts.rejects[0].reason.find("output_total"), std::string::npos);
    EXPECT_EQ(counts.rejects[1].index, 2U);
    EXPECT_NE(counts.rejects[1].reason.find("tags"), std::string::npos);
    EXPECT_EQ(counts.requests, 0U);
    EXPECT_EQ(row_counts(), "0 0 0");
    EXPECT_EQ(write({sample_record(1)}).requests, 1U);
}

TEST_F(LedgerTables, GetNothingOfARecordWhoseAttemptCannotBeStored) {
    std::array<AttemptRecord, 2> attempts = kSampleAttempts;
    attempts[1].status = 1;
    RequestRecord record = sample_record();
    record.attempts = attempts;

    const LedgerCounts counts = write({record});

    ASSERT_EQ(counts.rejects.size(), 1U);
    EXPECT_EQ(row_counts(), "0 0 0");
}

TEST_F(LedgerTables, RebuildARequestFieldForField) {
    const RequestRecord record = sample_record();
    write({record});

    const auto stored = database_->request(record.id);

    ASSERT_TRUE(stored);
    ASSERT_NE(*stored, nullptr);
    std::string expected;
    encode(record, expected);
    EXPECT_EQ((*stored)->bytes, expected);
    EXPECT_EQ((*stored)->decoded.record.attempts.size(), 2U);
}

TEST_F(LedgerTables, RebuildARefusedRequestWithHardlyAField) {
    RequestRecord record;
    record.id = sample_id(1);
    record.key_id = "key-1";
    record.outcome = Outcome::refused;
    record.status = 429;
    write({record});

    const auto stored = database_->request(record.id);

    ASSERT_TRUE(stored);
    ASSERT_NE(*stored, nullptr);
    std::string expected;
    encode(record, expected);
    EXPECT_EQ((*stored)->bytes, expected);
}

TEST_F(LedgerTables, KnowNothingOfAnotherRequest) {
    const auto stored = database_->request(sample_id(9));

    ASSERT_TRUE(stored);
    EXPECT_EQ(*stored, nullptr);
}

TEST_F(LedgerTables, SumWhatEachKeySpentSinceAMoment) {
    RequestRecord early = sample_record(1);
    RequestRecord late = sample_record(100);
    RequestRecord other = sample_record(101);
    other.key_id = "key-2";
    other.cost = Money::from_pico(Int128{9'223'372'036'854'775'807});
    RequestRecord free = sample_record(102);
    free.key_id = "key-3";
    free.cost = Money{};
    RequestRecord another = sample_record(103);
    another.key_id = "key-2";
    another.cost = other.cost;
    write({early, late, other, free, another});

    const auto ever = database_->spent_since(std::nullopt);
    const auto since = database_->spent_since(sample_id(100).time());
    const auto never = database_->spent_since(sample_id(1'000).time());

    ASSERT_TRUE(ever && since && never);
    ASSERT_EQ(ever->size(), 2U);
    EXPECT_EQ(ever->at(0).key_id, "key-1");
    EXPECT_EQ(ever->at(0).spent, pico(17'700'000));
    EXPECT_EQ(ever->at(1).key_id, "key-2");
    EXPECT_EQ(ever->at(1).spent, Money::from_pico(Int128{9'223'372'036'854'775'807} * 2));
    ASSERT_EQ(since->size(), 2U);
    EXPECT_EQ(since->at(0).spent, pico(8'850'000));
    EXPECT_TRUE(never->empty());
}

TEST_F(LedgerTables, SumFromTheIndexAlone) {
    const std::string plan =
        value("SELECT count(*) FROM sqlite_schema WHERE name = 'ai_request_log_key'");

    EXPECT_EQ(plan, "1");
    Result<sqlite::Statement> query = connection_->prepare(
        "EXPLAIN QUERY PLAN SELECT pulse_sum(cost) FROM ai_request_log WHERE key_id = 'k' AND id "
        ">= 'x'");
    ASSERT_TRUE(query);
    ASSERT_EQ(query->step(), SQLITE_ROW);
    EXPECT_NE(query->text(3).find("COVERING INDEX ai_request_log_key"), std::string::npos);
}

TEST_F(LedgerTables, CarryTheCheckpointsOfTheirTransaction) {
    ASSERT_TRUE(database_->write({}, {{"a.segment", 100}, {"b.segment", 200}}));
    ASSERT_TRUE(database_->write({}, {{"a.segment", 300}}));
    ASSERT_TRUE(database_->write({}, {{"b.segment", 64}}));

    const auto checkpoints = database_->checkpoints();

    ASSERT_TRUE(checkpoints);
    ASSERT_EQ(checkpoints->size(), 2U);
    EXPECT_EQ(checkpoints->at(0).offset, 300U);
    EXPECT_EQ(checkpoints->at(1).offset, 200U) << "never backwards";
    ASSERT_TRUE(database_->forget_checkpoints({"a.segment", "unknown"}));
    EXPECT_EQ(database_->checkpoints()->size(), 1U);
}

TEST(CostEventId, IsTheSameForTheSameAttemptAndNoOther) {
    const Uuid request = sample_id(77);

    const Uuid first = detail::cost_event_id(request, 1);

    EXPECT_EQ(first, detail::cost_event_id(request, 1));
    EXPECT_NE(first, detail::cost_event_id(request, 2));
    EXPECT_NE(first, request);
    EXPECT_EQ(first.time(), request.time());
    EXPECT_EQ(first.bytes[6] & 0xf0U, 0x70U);
    EXPECT_EQ(first.bytes[8] & 0xc0U, 0x80U);
}

}  // namespace
}  // namespace pulse::storage
