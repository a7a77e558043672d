#include "storage/tables/deferred.h"

#include "storage/database.h"
#include "tests/unit/storage/engines.h"
#include "tests/unit/storage/samples.h"
#include "tests/unit/storage/tables/written_records.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace pulse::storage {
namespace {

using namespace std::chrono_literals;
using tests::sample_id;
using tests::sample_record;

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

class DeferredTable : public tests::EngineTest {
protected:
    void write(const std::vector<RequestRecord>& records) {
        static_cast<void>(tests::write_records(database(), records));
    }
    [[nodiscard]] std::vector<DeferredWork> due(TimePoint now) {
        const auto found = due_deferred(session(), now, 10);
        EXPECT_TRUE(found) << found.error().detail();
        return *found;
    }

    const TimePoint begun_at_ = sample_id(1).time();
};
PULSE_ON_BOTH_ENGINES(DeferredTable);

TEST_P(DeferredTable, HasWhatRequestsBeganAndGivesItWhenItIsDue) {
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
    EXPECT_EQ(*open_deferred(session()), 2);
}

TEST_P(DeferredTable, GivesAnObjectToItsFirstMakerOnly) {
    write({begun(1, "batch_1", Api::batches)});
    write({begun(2, "batch_1", Api::batches)});

    EXPECT_EQ(*open_deferred(session()), 1);
    EXPECT_EQ(due(begun_at_ + 1h)[0].request_id, sample_id(1));
}

TEST_P(DeferredTable, IsClaimedByOneOfTwo) {
    write({begun(1, "batch_1", Api::batches)});
    const DeferredWork work = due(begun_at_ + 1min)[0];

    EXPECT_TRUE(*claim_deferred(session(), work, begun_at_ + 2min));
    EXPECT_FALSE(*claim_deferred(session(), work, begun_at_ + 2min)) << "somebody has it";

    EXPECT_TRUE(due(begun_at_ + 1min).empty());
    ASSERT_TRUE(postpone_deferred(session(), work, begun_at_ + 90s));
    ASSERT_EQ(due(begun_at_ + 90s).size(), 1U);
    EXPECT_EQ(due(begun_at_ + 90s)[0].tries, 1);
}

TEST_P(DeferredTable, IsHurriedAsLongAsItIsNotBilled) {
    write(
        {begun(1, "batch_1", Api::batches),
         begun(2, "batch_2", Api::batches),
         ended(sample_id(7), "batch_2")});
    const std::vector<std::string> objects{"batch_1", "batch_2", "file-1"};
    const TimePoint now = system_clock().now();
    ASSERT_TRUE(postpone_deferred(session(), due(now)[0], now + 1h));

    EXPECT_EQ(*hurry_deferred(session(), "backup", objects, now), 1);
    EXPECT_EQ(*hurry_deferred(session(), "another", objects, now), 0);

    EXPECT_EQ(due(now + 1min).size(), 1U);
}

TEST_P(DeferredTable, KeepsTheFirstIdOfABill) {
    write({begun(1, "batch_1", Api::batches)});
    const DeferredWork work = due(begun_at_ + 1min)[0];

    EXPECT_EQ(*name_deferred_bill(session(), work, sample_id(7)), sample_id(7));
    EXPECT_EQ(*name_deferred_bill(session(), work, sample_id(8)), sample_id(7));
    EXPECT_EQ(due(begun_at_ + 1min)[0].billed_id, sample_id(7));
}

TEST_P(DeferredTable, IsBilledInTheTransactionOfTheRowAndOnce) {
    write({begun(1, "batch_1", Api::batches)});
    const RequestRecord bill = ended(sample_id(7), "batch_1");

    write({bill});
    write({bill});

    EXPECT_EQ(
        tests::lines(session(), "SELECT state, billed_id FROM deferred_work", "tt"),
        "billed " + sample_id(7).to_string());
    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_log WHERE api = 'batches'"), "2")
        << "the maker's and the bill";
    EXPECT_EQ(
        value_of("SELECT count(*) FROM cost_event WHERE request_id = $1", {sample_id(7)}),
        "1");
    EXPECT_EQ(*open_deferred(session()), 0);
}

TEST_P(DeferredTable, BeginsAndEndsWithinOneBatchOfRecords) {
    write({begun(1, "batch_1", Api::batches), ended(sample_id(7), "batch_1")});

    EXPECT_EQ(value_of("SELECT state FROM deferred_work"), "billed");
}

TEST_P(DeferredTable, SaysWhatCostsNothing) {
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
        tests::lines(
            session(), "SELECT object_id, state FROM deferred_work ORDER BY object_id", "tt"),
        "batch_1 failed\nbatch_2 given_up");
}

}  // namespace
}  // namespace pulse::storage
