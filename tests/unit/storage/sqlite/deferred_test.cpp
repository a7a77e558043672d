#include "storage/sqlite/deferred.h"

#include "storage/database.h"
#include "storage/sqlite/connection.h"
#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace pulse::storage {
namespace {

using namespace std::chrono_literals;
using tests::sample_id;
using tests::sample_record;
using tests::TemporaryFolder;

/// A request that began a batch.
[[nodiscard]] RequestRecord begun(std::uint64_t number, std::string_view object, Api api) {
    RequestRecord record = sample_record(number);
    record.api = api;
    record.object_id = object;
    record.deferred = Deferred::begun;
    return record;
}

[[nodiscard]] RequestRecord ended(const Uuid& id, std::string_view object) {
    RequestRecord record = sample_record(1);
    record.id = id;
    record.api = Api::batches;
    record.object_id = object;
    record.deferred = Deferred::ended;
    return record;
}

class DeferredTable : public ::testing::Test {
protected:
    DeferredTable() : connection_(sqlite::Connection::open(folder_ / "pulse.db")) {
        auto database = open_database("sqlite:" + (folder_ / "pulse.db").string());
        EXPECT_TRUE(database);
        database_ = std::move(*database);
        EXPECT_TRUE(database_->migrate_up());
    }

    /// As the ledger does, through the spool's form.
    void write(const std::vector<RequestRecord>& records) {
        std::deque<std::string> bytes;
        std::deque<DecodedRecord> decoded(records.size());
        std::vector<const DecodedRecord*> pointers;
        for (std::size_t i = 0; i < records.size(); ++i) {
            encode(records[i], bytes.emplace_back());
            ASSERT_TRUE(decode(bytes.back(), decoded[i]));
            pointers.push_back(&decoded[i]);
        }
        const auto counts = database_->write(pointers, {});
        ASSERT_TRUE(counts) << counts.error().detail();
        ASSERT_TRUE(counts->rejects.empty());
    }
    [[nodiscard]] std::string value(const std::string& sql) {
        Result<sqlite::Statement> query = connection_->prepare(sql);
        EXPECT_TRUE(query) << query.error().detail();
        EXPECT_EQ(query->step(), SQLITE_ROW);
        return std::string{query->text(0)};
    }
    [[nodiscard]] std::vector<DeferredWork> due(TimePoint now) {
        const auto found = database_->due_deferred(now, 10);
        EXPECT_TRUE(found) << found.error().detail();
        return *found;
    }

    TemporaryFolder folder_;
    Result<sqlite::Connection> connection_;
    std::unique_ptr<Database> database_;
    const TimePoint begun_at_ = sample_id(1).time();
};

TEST_F(DeferredTable, HasWhatRequestsBeganAndGivesItWhenItIsDue) {
    write(
        {begun(1, "batch_1", Api::batches), begun(2, "resp_1", Api::responses), sample_record(3)});

    EXPECT_TRUE(due(begun_at_ + 1s).empty());
    ASSERT_EQ(due(begun_at_ + 10s).size(), 1U);
    EXPECT_EQ(due(begun_at_ + 10s)[0].object_id, "resp_1");
    const std::vector<DeferredWork> all = due(begun_at_ + 31s);
    ASSERT_EQ(all.size(), 2U);
    EXPECT_EQ(all[1].provider, "backup");
    EXPECT_EQ(all[1].object_id, "batch_1");
    EXPECT_EQ(all[1].api, Api::batches);
    EXPECT_EQ(all[1].request_id, sample_id(1));
    EXPECT_EQ(all[1].tries, 0);
    EXPECT_FALSE(all[1].billed_id);
    EXPECT_EQ(*database_->open_deferred(), 2);
}

TEST_F(DeferredTable, GivesAnObjectToItsFirstMakerOnly) {
    write({begun(1, "batch_1", Api::batches)});
    write({begun(2, "batch_1", Api::batches)});

    EXPECT_EQ(*database_->open_deferred(), 1);
    EXPECT_EQ(due(begun_at_ + 1h)[0].request_id, sample_id(1));
}

TEST_F(DeferredTable, IsClaimedByOneOfTwo) {
    write({begun(1, "batch_1", Api::batches)});
    const DeferredWork work = due(begun_at_ + 1min)[0];

    EXPECT_TRUE(*database_->claim_deferred(work, begun_at_ + 2min));
    EXPECT_FALSE(*database_->claim_deferred(work, begun_at_ + 2min)) << "somebody has it";

    EXPECT_TRUE(due(begun_at_ + 1min).empty());
    ASSERT_TRUE(database_->postpone_deferred(work, begun_at_ + 90s));
    ASSERT_EQ(due(begun_at_ + 90s).size(), 1U);
    EXPECT_EQ(due(begun_at_ + 90s)[0].tries, 1);
}

TEST_F(DeferredTable, IsHurriedAsLongAsItIsNotBilled) {
    write(
        {begun(1, "batch_1", Api::batches),
         begun(2, "batch_2", Api::batches),
         ended(sample_id(7), "batch_2")});
    const std::vector<std::string> objects{"batch_1", "batch_2", "file-1"};
    const TimePoint now = system_clock().now();
    ASSERT_TRUE(database_->postpone_deferred(due(now)[0], now + 1h));

    EXPECT_EQ(*database_->hurry_deferred("backup", objects), 1);
    EXPECT_EQ(*database_->hurry_deferred("another", objects), 0);

    EXPECT_EQ(due(now + 1min).size(), 1U);
}

TEST_F(DeferredTable, KeepsTheFirstIdOfABill) {
    write({begun(1, "batch_1", Api::batches)});
    const DeferredWork work = due(begun_at_ + 1min)[0];

    EXPECT_EQ(*database_->name_deferred_bill(work, sample_id(7)), sample_id(7));
    EXPECT_EQ(*database_->name_deferred_bill(work, sample_id(8)), sample_id(7));
    EXPECT_EQ(due(begun_at_ + 1min)[0].billed_id, sample_id(7));
}

TEST_F(DeferredTable, IsBilledInTheTransactionOfTheRowAndOnce) {
    write({begun(1, "batch_1", Api::batches)});
    const RequestRecord bill = ended(sample_id(7), "batch_1");

    write({bill});
    write({bill});

    EXPECT_EQ(
        value("SELECT state || ' ' || billed_id FROM deferred_work"),
        "billed " + sample_id(7).to_string());
    EXPECT_EQ(value("SELECT count(*) FROM ai_request_log WHERE api = 'batches'"), "2")
        << "the maker's and the bill";
    EXPECT_EQ(
        value(
            "SELECT count(*) FROM cost_event WHERE request_id = '" + sample_id(7).to_string() +
            "'"),
        "1");
    EXPECT_EQ(*database_->open_deferred(), 0);
}

TEST_F(DeferredTable, BeginsAndEndsWithinOneBatchOfRecords) {
    write({begun(1, "batch_1", Api::batches), ended(sample_id(7), "batch_1")});

    EXPECT_EQ(value("SELECT state FROM deferred_work"), "billed");
}

TEST_F(DeferredTable, SaysWhatCostsNothing) {
    RequestRecord failed = ended(sample_id(7), "batch_1");
    failed.outcome = Outcome::provider_error;
    failed.usage_source = UsageSource::none;
    failed.attempts = {};
    RequestRecord given_up = failed;
    given_up.id = sample_id(8);
    given_up.object_id = "batch_2";
    given_up.outcome = Outcome::upstream_failed;
    write({begun(1, "batch_1", Api::batches), begun(2, "batch_2", Api::batches)});

    write({failed, given_up});

    EXPECT_EQ(
        value("SELECT group_concat(object_id || ' ' || state, ',') FROM (SELECT * FROM "
              "deferred_work ORDER BY object_id)"),
        "batch_1 failed,batch_2 given_up");
}

}  // namespace
}  // namespace pulse::storage
