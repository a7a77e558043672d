#include "storage/tables/rerating.h"

#include "storage/database.h"
#include "tests/unit/storage/engines.h"
#include "tests/unit/storage/samples.h"
#include "tests/unit/storage/tables/written_records.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <vector>

namespace pulse::storage {
namespace {

using tests::pico;
using tests::sample_id;
using tests::sample_record;

constexpr const char* kNewPrices = "2026-11-20/fedcba";
const Uuid kEnd = first_id_at(TimePoint{std::chrono::sys_days{std::chrono::year{2027} / 1 / 1}});
const TimePoint kRunAt{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21}};

class ReratingTables : public tests::EngineTest {
protected:
    void write(const std::vector<RequestRecord>& records) {
        EXPECT_EQ(tests::write_records(database(), records).requests, records.size());
    }
    [[nodiscard]] std::vector<BilledAttempt> page(AttemptPlace after, std::size_t limit = 100) {
        auto attempts = storage::billed_attempts(session(), BilledKind::all, after, kEnd, limit);
        EXPECT_TRUE(attempts) << attempts.error().detail();
        return *std::move(attempts);
    }
    /// Gives each billed attempt `cost`.
    [[nodiscard]] ReratingBatch batch_to(Money cost, const char* status = "derived") {
        ReratingBatch batch{.rerated_at = kRunAt, .price_version = kNewPrices, .changes = {}};
        for (BilledAttempt& attempt : page({})) {
            batch.changes.push_back({std::move(attempt), cost, status});
        }
        return batch;
    }
    [[nodiscard]] std::uint64_t apply(const ReratingBatch& batch) {
        const auto changed = storage::apply_rerating(session(), batch);
        EXPECT_TRUE(changed) << changed.error().detail();
        return changed ? *changed : 0;
    }
    [[nodiscard]] std::string values(std::string_view statement, std::string_view kinds) {
        return tests::lines(session(), statement, kinds);
    }
    [[nodiscard]] std::string costs() {
        return values(
            "SELECT cost, cost_status, price_version FROM ai_request_log ORDER BY id", "mtt");
    }
};
PULSE_ON_BOTH_ENGINES(ReratingTables);

/// Two attempts that are both billed: 0.1 and 0.2 USD, which floats cannot add.
[[nodiscard]] std::array<AttemptRecord, 2> two_billed() {
    auto attempts = tests::kSampleAttempts;
    attempts[0].usage_source = UsageSource::counted;
    attempts[0].usage.input_uncached = 7;
    attempts[0].cost = pico(100'000'000'000);
    attempts[0].cost_status = "estimated";
    attempts[1].cost = pico(200'000'000'000);
    return attempts;
}

// The models of a batch are attempts of one row; what holds for the last call of a retried request
// does not for them.
TEST_P(ReratingTables, KnowTheTierOfEveryModelOfABatch) {
    const auto models = two_billed();
    RequestRecord batch = sample_record(1);
    batch.attempts = models;
    batch.service_tier = "batch";
    RequestRecord retried = sample_record(2);
    retried.attempts = models;
    retried.service_tier = "priority";
    write({batch, retried});

    const auto attempts = page({});

    ASSERT_EQ(attempts.size(), 4U);
    EXPECT_EQ(attempts[0].service_tier, "batch");
    EXPECT_EQ(attempts[1].service_tier, "batch");
    EXPECT_EQ(attempts[2].service_tier, "");
    EXPECT_EQ(attempts[3].service_tier, "priority");
}

TEST_P(ReratingTables, ShowWhatABilledAttemptsCostIsMadeOf) {
    write({sample_record()});

    const auto attempts = page({});

    ASSERT_EQ(attempts.size(), 1U) << "the first attempt was not billed";
    EXPECT_EQ(attempts[0].place.request_id, sample_id(1));
    EXPECT_EQ(attempts[0].place.attempt, 2);
    EXPECT_EQ(attempts[0].provider, "backup");
    EXPECT_EQ(attempts[0].model, "gpt-4o-mini-2024-07-18");
    EXPECT_EQ(attempts[0].model_served, "gpt-4o-mini-2024-07-18");
    EXPECT_EQ(attempts[0].service_tier, "default");
    EXPECT_EQ(attempts[0].usage, tests::kSampleAttempts[1].usage);
    EXPECT_EQ(attempts[0].usage_source, UsageSource::provider);
    EXPECT_EQ(attempts[0].cost, pico(8'850'000));
    EXPECT_EQ(attempts[0].cost_status, "exact");
    EXPECT_EQ(attempts[0].price_version, "2026-11-01/abcdef");
}

TEST_P(ReratingTables, NameWhatWasServedOnlyForTheAttemptThatAnswered) {
    const auto both = two_billed();
    RequestRecord record = sample_record();
    record.attempts = both;
    write({record});

    const auto attempts = page({});

    ASSERT_EQ(attempts.size(), 2U);
    EXPECT_EQ(attempts[0].model_served, "");
    EXPECT_EQ(attempts[0].service_tier, "");
    EXPECT_EQ(attempts[1].model_served, "gpt-4o-mini-2024-07-18");
}

TEST_P(ReratingTables, ArePagedInOrderWithinTheTime) {
    const auto both = two_billed();
    std::vector<RequestRecord> records;
    for (std::uint64_t number = 1; number <= 5; ++number) {
        records.push_back(sample_record(number));
        records.back().attempts = both;
    }
    write(records);
    const Uuid end = first_id_at(sample_id(5).time());
    AttemptPlace after{first_id_at(sample_id(2).time())};
    std::string seen;

    for (int pages = 0; pages < 3; ++pages) {
        const auto attempts = storage::billed_attempts(session(), BilledKind::all, after, end, 3);
        ASSERT_TRUE(attempts);
        for (const BilledAttempt& attempt : *attempts) {
            seen += std::to_string(attempt.place.request_id.bytes[15]) + '.' +
                    std::to_string(attempt.place.attempt) + ' ';
            after = attempt.place;
        }
        seen += "| ";
    }

    EXPECT_EQ(seen, "2.1 2.2 3.1 | 3.2 4.1 4.2 | | ");
}

TEST_P(ReratingTables, StartAtTheFirstIdOfATime) {
    const TimePoint time = sample_id(7).time();

    EXPECT_LT(first_id_at(time), sample_id(7));
    EXPECT_EQ(first_id_at(time - std::chrono::microseconds{999}), first_id_at(time));
    EXPECT_GT(first_id_at(time + std::chrono::microseconds{1}), sample_id(7));
    EXPECT_EQ(first_id_at(TimePoint{std::chrono::microseconds{-5'000'000}}), Uuid{});
}

TEST_P(ReratingTables, GetTheNewCostAndKeepTheOldOne) {
    write({sample_record()});

    EXPECT_EQ(apply(batch_to(pico(10'000'001))), 1U);

    EXPECT_EQ(costs(), "0.000010000001 derived 2026-11-20/fedcba");
    EXPECT_EQ(
        values("SELECT cost, cost_status FROM ai_request_attempt ORDER BY attempt", "mt"),
        "0 -\n0.000010000001 derived");
    EXPECT_EQ(
        values("SELECT amount, net_amount, amortized_amount FROM cost_event", "mmm"),
        "0.000010000001 0.000010000001 0.000010000001");
    EXPECT_EQ(
        values(
            "SELECT request_id, attempt, rerated_at, cost_before, cost_after, status_before,"
            " status_after, price_version_before, price_version_after FROM cost_rerating",
            "ttummtttt"),
        "019b76da-a801-7000-8000-000000000001 2 1795219200000000 0.00000885 0.000010000001 exact "
        "derived 2026-11-01/abcdef 2026-11-20/fedcba");
}

TEST_P(ReratingTables, SumARequestsAttemptsExactlyAndTrustTheLeastSure) {
    const auto both = two_billed();
    RequestRecord record = sample_record();
    record.attempts = both;
    write({record});
    ReratingBatch batch = batch_to(pico(300'000'000'001), "exact");
    batch.changes.erase(batch.changes.begin());

    EXPECT_EQ(apply(batch), 1U);

    EXPECT_EQ(costs(), "0.400000000001 estimated 2026-11-20/fedcba");
    EXPECT_EQ(values("SELECT amount FROM cost_event ORDER BY amount", "m"), "0.1\n0.300000000001");
}

TEST_P(ReratingTables, ChangeNothingTheSecondTime) {
    write({sample_record(1), sample_record(2)});
    const ReratingBatch batch = batch_to(pico(5));

    EXPECT_EQ(apply(batch), 2U);
    EXPECT_EQ(apply(batch), 0U) << "the rows are not as they were read any more";

    EXPECT_EQ(value_of("SELECT count(*) FROM cost_rerating"), "2");
    EXPECT_EQ(
        costs(),
        "0.000000000005 derived 2026-11-20/fedcba\n"
        "0.000000000005 derived 2026-11-20/fedcba");
}

TEST_P(ReratingTables, PassOverWhatIsGone) {
    write({sample_record(1), sample_record(2)});
    const ReratingBatch batch = batch_to(pico(5));
    ASSERT_TRUE(session().run("DELETE FROM ai_request_attempt WHERE request_id = $1", {sample_id(1)}));
    ASSERT_TRUE(session().run("DELETE FROM ai_request_log WHERE id = $1", {sample_id(1)}));

    EXPECT_EQ(apply(batch), 1U);

    EXPECT_EQ(value_of("SELECT count(*) FROM cost_rerating"), "1");
}

TEST_P(ReratingTables, AreWrittenAllOrNotAtAll) {
    write({sample_record(1), sample_record(2)});
    ReratingBatch batch = batch_to(pico(5));
    batch.changes.back().cost_status = "guessed";

    const auto changed = storage::apply_rerating(session(), batch);

    ASSERT_FALSE(changed);
    EXPECT_EQ(changed.error().code(), Errc::invalid_request);
    EXPECT_EQ(value_of("SELECT count(*) FROM cost_rerating"), "0");
    EXPECT_EQ(costs(), "0.00000885 exact 2026-11-01/abcdef\n0.00000885 exact 2026-11-01/abcdef");
}

TEST_P(ReratingTables, KeepTheHistoryOfSeveralRuns) {
    write({sample_record()});
    ASSERT_EQ(apply(batch_to(pico(5))), 1U);
    ReratingBatch again = batch_to(pico(7), "exact");
    again.rerated_at += std::chrono::microseconds{1};

    EXPECT_EQ(apply(again), 1U);

    EXPECT_EQ(
        values("SELECT cost_before, cost_after FROM cost_rerating ORDER BY rerated_at", "mm"),
        "0.00000885 0.000000000005\n0.000000000005 0.000000000007");
}

TEST_P(ReratingTables, StayUnchangedWhenTheLedgerReplaysTheRequest) {
    write({sample_record()});
    ASSERT_EQ(apply(batch_to(pico(5))), 1U);

    EXPECT_EQ(tests::write_records(database(), {sample_record()}).requests, 0U);

    EXPECT_EQ(costs(), "0.000000000005 derived 2026-11-20/fedcba");
}

TEST_P(ReratingTables, GoDownAndUpAgainWithTheNewCostsKept) {
    write({sample_record()});
    ASSERT_EQ(apply(batch_to(pico(5))), 1U);

    const auto has_table = [this] {
        const auto status = database().migration_status();
        return status && (*status)[2].applied;
    };
    while (has_table()) {
        ASSERT_TRUE(database().migrate_down(false));
    }
    EXPECT_EQ(costs(), "0.000000000005 derived 2026-11-20/fedcba");
    ASSERT_TRUE(database().migrate_up());

    EXPECT_EQ(apply(batch_to(pico(9))), 1U);
    EXPECT_EQ(values("SELECT cost_after FROM cost_rerating", "m"), "0.000000000009");
}

TEST_P(ReratingTables, FindAttemptsWithoutAPriceUntilTheyHaveOne) {
    auto attempts = two_billed();
    attempts[0].is_price_missing = true;
    RequestRecord missing = sample_record(2);
    missing.attempts = attempts;
    write({sample_record(1), missing, sample_record(3)});

    auto found = storage::billed_attempts(session(), BilledKind::price_missing, {}, kEnd, 10);
    ASSERT_TRUE(found) << found.error().detail();
    ASSERT_EQ(found->size(), 1U);
    EXPECT_EQ(found->front().place.request_id, sample_id(2));
    EXPECT_EQ(found->front().place.attempt, 1);
    EXPECT_TRUE(found->front().is_price_missing);
    EXPECT_EQ(found->front().org, missing.org);
    EXPECT_EQ(found->front().team, missing.team);
    EXPECT_EQ(found->front().key_id, missing.key_id);
    const auto models = storage::unpriced_models(session(), TimePoint{}, 10);
    ASSERT_TRUE(models) << models.error().detail();
    ASSERT_EQ(models->size(), 1U);
    EXPECT_EQ(models->front().provider, attempts[0].provider);
    EXPECT_EQ(models->front().model, attempts[0].model);
    EXPECT_EQ(models->front().attempts, 1);
    EXPECT_EQ(models->front().cost, pico(100'000'000'000));
    EXPECT_EQ(models->front().first_seen, sample_id(2).time());
    EXPECT_EQ(models->front().last_seen, sample_id(2).time());
    EXPECT_TRUE(storage::unpriced_models(session(), sample_id(3).time(), 10)->empty());

    EXPECT_EQ(
        apply(
            {.rerated_at = kRunAt,
             .price_version = kNewPrices,
             .changes = {{found->front(), pico(5), "exact", false}}}),
        1U);

    EXPECT_TRUE(storage::billed_attempts(session(), BilledKind::price_missing, {}, kEnd, 10)->empty());
    EXPECT_TRUE(storage::unpriced_models(session(), TimePoint{}, 10)->empty());
}

TEST_P(ReratingTables, SumUpModelsWithoutAPrice) {
    std::vector<RequestRecord> records;
    auto attempts = two_billed();
    attempts[0].usage_source = UsageSource::none;
    attempts[1].is_price_missing = true;
    for (std::uint64_t number = 1; number <= 3; ++number) {
        records.push_back(sample_record(number));
        records.back().attempts = attempts;
    }
    write(records);

    const auto models = storage::unpriced_models(session(), TimePoint{}, 10);

    ASSERT_EQ(models->size(), 1U);
    EXPECT_EQ(models->front().attempts, 3);
    EXPECT_EQ(models->front().cost, pico(600'000'000'000));
    EXPECT_EQ(models->front().model_served, "gpt-4o-mini-2024-07-18");
    EXPECT_EQ(models->front().first_seen, sample_id(1).time());
    EXPECT_EQ(models->front().last_seen, sample_id(3).time());
}

}  // namespace
}  // namespace pulse::storage
