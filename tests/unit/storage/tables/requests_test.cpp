#include "storage/tables/requests.h"

#include "storage/database.h"
#include "tests/unit/storage/engines.h"
#include "tests/unit/storage/samples.h"
#include "tests/unit/storage/tables/written_records.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace pulse::storage {
namespace {

using namespace std::chrono_literals;
using tests::pico;
using tests::sample_id;
using tests::sample_record;
using tests::write_records;

class RequestTables : public tests::EngineTest {};
PULSE_ON_BOTH_ENGINES(RequestTables);

TEST_P(RequestTables, RebuildARequestFieldForField) {
    RequestRecord record = sample_record();
    record.tags_json = R"({"env": "prod"})";  // as jsonb writes it
    const std::string hold = sample_id(7).to_string();
    record.hold = hold;
    write_records(database(), {record});

    const auto stored = request(session(), record.id);

    ASSERT_TRUE(stored) << stored.error().detail();
    ASSERT_NE(*stored, nullptr);
    std::string expected;
    encode(record, expected);
    EXPECT_EQ((*stored)->bytes, expected);
    EXPECT_EQ((*stored)->decoded.record.attempts.size(), 2U);
}

TEST_P(RequestTables, RebuildARefusedRequestWithHardlyAField) {
    RequestRecord record;
    record.id = sample_id(1);
    record.key_id = "key-1";
    record.outcome = Outcome::refused;
    record.status = 429;
    write_records(database(), {record});

    const auto stored = request(session(), record.id);

    ASSERT_TRUE(stored) << stored.error().detail();
    ASSERT_NE(*stored, nullptr);
    std::string expected;
    encode(record, expected);
    EXPECT_EQ((*stored)->bytes, expected);
}

TEST_P(RequestTables, KnowNothingOfAnotherRequest) {
    const auto stored = request(session(), sample_id(9));

    ASSERT_TRUE(stored) << stored.error().detail();
    EXPECT_EQ(*stored, nullptr);
}

TEST_P(RequestTables, SumWhatWasTakenUnderEachHold) {
    const Uuid allotment = sample_id(500);
    const std::string text = allotment.to_string();
    const Uuid realtime = sample_id(600);
    const std::string session_text = realtime.to_string();
    RequestRecord own = sample_record(499);
    RequestRecord first = sample_record(498);  // it had come before the allotment was there
    first.hold = text;
    RequestRecord late = sample_record(3'600'000);
    late.hold = text;
    // Under its own id for a part, and another row of it.
    RequestRecord session_row = sample_record(600);
    RequestRecord bill = sample_record(601);
    bill.hold = session_text;
    write_records(database(), {own, first, late, session_row, bill});

    const auto taken = taken_under(
        this->session(), std::vector{allotment, sample_id(498), own.id, realtime, sample_id(7)});

    ASSERT_TRUE(taken) << taken.error().detail();
    ASSERT_EQ(taken->size(), 3U);  // 498 is covered by the allotment alone
    EXPECT_EQ(taken->at(0).hold, own.id);
    EXPECT_EQ(taken->at(0).cost, own.cost);
    EXPECT_EQ(taken->at(1).hold, allotment);
    EXPECT_EQ(taken->at(1).cost, first.cost + late.cost);
    EXPECT_EQ(taken->at(1).tokens, 2 * first.usage.total());
    EXPECT_EQ(taken->at(1).requests, 2);
    EXPECT_EQ(taken->at(2).hold, realtime);
    EXPECT_EQ(taken->at(2).cost, session_row.cost + bill.cost);
}

TEST_P(RequestTables, SumWhatWasTakenUnderManyHolds) {
    std::vector<RequestRecord> records;
    std::vector<Uuid> ids;
    for (std::uint64_t i = 0; i < 250; ++i) {
        ids.push_back(sample_id(i * 60'000));
        if (i % 2 == 0) {
            records.push_back(sample_record(i * 60'000));
        }
    }
    write_records(database(), records);

    const auto taken = taken_under(session(), ids);
    const auto none = taken_under(session(), {});

    ASSERT_TRUE(taken) << taken.error().detail();
    ASSERT_EQ(taken->size(), 125U);
    EXPECT_EQ(taken->back().hold, ids[248]);
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->empty());
}

TEST_P(RequestTables, SumWhatEachKeySpentSinceAMoment) {
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
    write_records(database(), {early, late, other, free, another});

    const auto ever = spent_since(session(), std::nullopt);
    const auto since = spent_since(session(), sample_id(100).time());
    const auto never = spent_since(session(), sample_id(1'000).time());

    ASSERT_TRUE(ever) << ever.error().detail();
    ASSERT_TRUE(since && never);
    ASSERT_EQ(ever->size(), 2U);
    EXPECT_EQ(ever->at(0).key_id, "key-1");
    EXPECT_EQ(ever->at(0).spent, pico(17'700'000));
    EXPECT_EQ(ever->at(1).key_id, "key-2");
    EXPECT_EQ(ever->at(1).spent, Money::from_pico(Int128{9'223'372'036'854'775'807} * 2));
    ASSERT_EQ(since->size(), 2U);
    EXPECT_EQ(since->at(0).spent, pico(8'850'000));
    EXPECT_TRUE(never->empty());
}

/// Rows before the first hour, before the first day, and behind.
TEST_P(RequestTables, SumWhatWasSpentOverHoursAndDays) {
    const auto at = [](std::chrono::milliseconds since) {
        RequestRecord record = sample_record(static_cast<std::uint64_t>(since.count()));
        record.cost = pico(since.count() + 1);
        return record;
    };
    write_records(database(), {at(0ms), at(10min), at(1h), at(23h), at(24h), at(50h)});
    const TimePoint begin = sample_id(0).time();
    const auto spent = [&](std::chrono::milliseconds since) {
        const auto rows = spent_since(session(), begin + since);
        EXPECT_TRUE(rows) << rows.error().detail();
        return rows->empty() ? Money{} : rows->front().spent;
    };
    const auto sum = [](std::initializer_list<std::chrono::milliseconds> times) {
        std::int64_t total = 0;
        for (const auto time : times) {
            total += time.count() + 1;
        }
        return pico(total);
    };

    EXPECT_EQ(spent(0ms), sum({0ms, 10min, 1h, 23h, 24h, 50h}));
    EXPECT_EQ(spent(5min), sum({10min, 1h, 23h, 24h, 50h}));
    EXPECT_EQ(spent(11min), sum({1h, 23h, 24h, 50h}));
    EXPECT_EQ(spent(1h), sum({1h, 23h, 24h, 50h}));
    EXPECT_EQ(spent(1h + 1ms), sum({23h, 24h, 50h}));
    EXPECT_EQ(spent(23h + 1ms), sum({24h, 50h}));
    EXPECT_EQ(spent(24h), sum({24h, 50h}));
    EXPECT_EQ(spent(24h + 1ms), sum({50h}));
    EXPECT_EQ(spent(51h), Money{});
}

}  // namespace
}  // namespace pulse::storage
