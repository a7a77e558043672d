#include "storage/sqlite/ledger.h"

#include "storage/database.h"
#include "storage/detail/cost_event_id.h"
#include "storage/queries/request_json.h"
#include "storage/sqlite/connection.h"
#include "storage/tables/requests.h"
#include "tests/unit/storage/samples.h"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
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

// One row per attempt and one event per attempt that its provider bills (contract §5), among
// requests that were answered at once and one that never reached a provider.
TEST_F(LedgerTables, GetEveryAttemptOfARetriedRequest) {
    std::array<AttemptRecord, 8> attempts;
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        attempts[i] = kSampleAttempts[i % 2 == 1 ? 1 : 0];
        attempts[i].latency_us = static_cast<std::int64_t>(i + 1);
    }
    RequestRecord retried = sample_record(2);
    retried.attempts = attempts;
    retried.cost = pico(4 * 8'850'000);
    RequestRecord refused = sample_record(3);
    refused.attempts = {};

    const LedgerCounts counts = write({sample_record(1), retried, refused, sample_record(4)});

    EXPECT_EQ(counts.attempts, 12U);
    EXPECT_EQ(counts.cost_events, 6U);
    const std::string id = "'" + retried.id.to_string() + "'";
    EXPECT_EQ(
        value(
            "SELECT group_concat(attempt || ':' || latency_us || ':' || outcome, ' ') FROM "
            "(SELECT * FROM ai_request_attempt WHERE request_id = " +
            id + " ORDER BY attempt)"),
        "1:1:provider_error 2:2:answered 3:3:provider_error 4:4:answered 5:5:provider_error"
        " 6:6:answered 7:7:provider_error 8:8:answered");
    EXPECT_EQ(
        value(
            "SELECT count(DISTINCT id) || ' ' || pulse_sum(amount) FROM cost_event WHERE "
            "request_id = " +
            id),
        "4 " + retried.cost.to_string());
    EXPECT_EQ(value("SELECT attempts FROM ai_request_log WHERE id = " + id), "8");
    const auto stored = request(database_->session(), retried.id);
    ASSERT_TRUE(stored && *stored);
    const boost::json::value shown = boost::json::parse(to_json((*stored)->decoded.record));
    const boost::json::array& listed = shown.at("attempts").as_array();
    ASSERT_EQ(listed.size(), 8U);
    EXPECT_EQ(listed[6].at("status").as_int64(), 503);
    EXPECT_TRUE(listed[6].at("billable").is_null());
    EXPECT_EQ(listed[7].at("cost").as_string(), "0.00000885");
    EXPECT_EQ(listed[7].at("latency_us").as_int64(), 8);
}

TEST_F(LedgerTables, TakeABatchOfAnySize) {
    std::vector<RequestRecord> records;
    for (std::uint64_t i = 0; i < 1'000; ++i) {
        records.push_back(sample_record(i));
    }

    EXPECT_EQ(write({records.begin(), records.begin() + 17}).requests, 17U);
    EXPECT_EQ(write(records).requests, 983U);

    EXPECT_EQ(row_counts(), "1000 2000 1000");
}

// Whoever writes: what is no plain decimal number, or none that Pulse can compute with, stays out.
TEST_F(LedgerTables, RefuseWhatIsNoAmount) {
    const auto is_taken = [this](const std::string& amount) {
        return connection_
            ->execute(("INSERT INTO cost_event (id, occurred_at, source, quantity, unit, amount, "
                       "currency, net_amount, amortized_amount) SELECT printf('%036d', count(*)), "
                       "1, 'X', '1', 'u', '" +
                       amount + "', 'USD', '" + amount + "', '" + amount + "' FROM cost_event")
                          .c_str())
            .has_value();
    };

    for (const char* const amount :
         {"0", "12", "0.000000000001", "-1.5", "123456789012345678901234567.000000000001"}) {
        EXPECT_TRUE(is_taken(amount)) << amount;
        EXPECT_TRUE(Money::parse(amount)) << amount;
    }
    for (const char* const amount :
         {"",
          " ",
          "abc",
          "12a",
          "1e5",
          "1E5",
          "9 ",
          " 9",
          "+5",
          "1..2",
          "0x10",
          "1_0",
          "--1",
          "1-1",
          "NaN",
          "Inf",
          "1,5",
          "999999999999999999999999999"}) {
        EXPECT_FALSE(is_taken(amount)) << amount;
    }
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
