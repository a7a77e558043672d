#include "storage/rollup/rollup.h"

#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <vector>

namespace pulse::storage {
namespace {

using namespace std::chrono_literals;
using tests::pico;
using tests::sample_id;
using tests::sample_record;

/// The aggregator's input: records that stay where they are.
class Batch {
public:
    RequestRecord& add(std::chrono::milliseconds into_2026) {
        decoded_.emplace_back().record =
            sample_record(static_cast<std::uint64_t>(into_2026.count()));
        return decoded_.back().record;
    }
    [[nodiscard]] Rollups sum() const {
        std::vector<const DecodedRecord*> pointers;
        for (const DecodedRecord& decoded : decoded_) {
            pointers.push_back(&decoded);
        }
        return rollups_of(pointers);
    }

private:
    std::deque<DecodedRecord> decoded_;
};

const TimePoint kNewYear = sample_id(0).time();

TEST(Rollup, OfARequestSaysWhatItWasAndWhatItCost) {
    Batch batch;
    RequestRecord& record = batch.add(90min);
    record.usage.cache_write_5m = 1;
    record.usage.cache_write_1h = 2;
    record.usage.cache_write_unsplit = 4;

    const Rollups rollups = batch.sum();

    ASSERT_EQ(rollups.request_hours.size(), 1U);
    const RequestRollup& row = rollups.request_hours[0];
    EXPECT_EQ(row.begins_at, kNewYear + 1h);
    EXPECT_EQ(row.of.org, "default");
    EXPECT_EQ(row.of.key_id, "key-1");
    EXPECT_EQ(row.of.provider, "backup");
    EXPECT_EQ(row.of.model, "gpt-4o-mini-2024-07-18") << "what was served, not what was asked for";
    EXPECT_EQ(row.of.currency, "USD");
    EXPECT_EQ(row.sums.requests, 1);
    EXPECT_EQ(row.sums.refused, 0);
    EXPECT_EQ(row.sums.failed, 0);
    EXPECT_EQ(row.sums.input_tokens, 19 + 3 + 1 + 2 + 4);
    EXPECT_EQ(row.sums.cached_tokens, 3);
    EXPECT_EQ(row.sums.output_tokens, 10);
    EXPECT_EQ(row.sums.latency_us, 820'000);
    EXPECT_EQ(row.sums.cost, pico(8'850'000));
    ASSERT_EQ(rollups.request_days.size(), 1U);
    EXPECT_EQ(rollups.request_days[0].begins_at, kNewYear);
    EXPECT_EQ(rollups.request_days[0].of, row.of);
}

TEST(Rollup, OfCostsHasBilledAttemptsOnly) {
    Batch batch;
    batch.add(0ms);

    const Rollups rollups = batch.sum();

    ASSERT_EQ(rollups.cost_hours.size(), 1U) << "the first attempt was not billed";
    const CostRollup& row = rollups.cost_hours[0];
    EXPECT_EQ(row.of.source, "AI");
    EXPECT_EQ(row.of.provider, "backup");
    EXPECT_EQ(row.of.service, "chat.completions");
    EXPECT_EQ(row.of.model, "gpt-4o-mini-2024-07-18");
    EXPECT_EQ(row.of.usage_type, "tokens");
    EXPECT_EQ(row.of.account, "");
    EXPECT_EQ(row.sums.events, 1);
    EXPECT_EQ(row.sums.amount, pico(8'850'000));
    EXPECT_EQ(row.sums.net_amount, row.sums.amount);
    EXPECT_EQ(row.sums.amortized_amount, row.sums.amount);
}

TEST(Rollup, CountsHowRequestsEnded) {
    Batch batch;
    const Outcome outcomes[] = {
        Outcome::answered,
        Outcome::refused,
        Outcome::provider_error,
        Outcome::upstream_failed,
        Outcome::cut,
        Outcome::caller_gone,
        Outcome::internal_error};
    for (const Outcome outcome : outcomes) {
        batch.add(1ms).outcome = outcome;
    }

    const Rollups rollups = batch.sum();

    ASSERT_EQ(rollups.request_hours.size(), 1U);
    EXPECT_EQ(rollups.request_hours[0].sums.requests, 7);
    EXPECT_EQ(rollups.request_hours[0].sums.refused, 1);
    EXPECT_EQ(rollups.request_hours[0].sums.failed, 5);
}

TEST(Rollup, HasOneRowForEachHourAndDimensionsInOrder) {
    Batch batch;
    for (const auto at : {49h, 3h, 2h, 26h, 2h}) {
        for (const char* const key : {"b", "a"}) {
            batch.add(at).key_id = key;
        }
    }

    const Rollups rollups = batch.sum();

    ASSERT_EQ(rollups.request_hours.size(), 8U);
    const auto before = [](const auto& a, const auto& b) {
        return std::tie(a.begins_at, a.of) < std::tie(b.begins_at, b.of);
    };
    EXPECT_TRUE(std::is_sorted(rollups.request_hours.begin(), rollups.request_hours.end(), before));
    EXPECT_TRUE(std::is_sorted(rollups.cost_hours.begin(), rollups.cost_hours.end(), before));
    EXPECT_EQ(rollups.request_hours[0].sums.requests, 2) << "two at 02:00";
    ASSERT_EQ(rollups.request_days.size(), 6U);
    EXPECT_EQ(rollups.request_days[0].sums.requests, 3);
    EXPECT_EQ(rollups.request_days[0].sums.cost, pico(3 * 8'850'000));
    EXPECT_EQ(rollups.request_days[5].begins_at, kNewYear + 48h);
}

TEST(Rollup, BeginsItsHoursBefore1970Too) {
    RequestRollup early;
    early.begins_at = TimePoint{-1us};
    early.sums.requests = 1;

    const Rollups rollups = rollups_of({&early, 1}, {});

    EXPECT_EQ(rollups.request_hours[0].begins_at, TimePoint{-1h});
    EXPECT_EQ(rollups.request_days[0].begins_at, TimePoint{-24h});
}

TEST(Rollup, OfNothingIsNothing) {
    const Rollups rollups = rollups_of(std::span<const DecodedRecord* const>{});

    EXPECT_TRUE(rollups.request_hours.empty());
    EXPECT_TRUE(rollups.cost_days.empty());
}

}  // namespace
}  // namespace pulse::storage
