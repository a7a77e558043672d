#include "storage/database.h"
#include "storage/rollup/stretch.h"
#include "storage/rollup/tables.h"
#include "storage/rollup/verify.h"
#include "storage/tables/rerating.h"
#include "tests/unit/storage/engines.h"
#include "tests/unit/storage/samples.h"
#include "tests/unit/storage/tables/written_records.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage {
namespace {

using namespace std::chrono_literals;
using tests::pico;
using tests::sample_id;
using tests::sample_record;
using tests::write_records;

[[nodiscard]] RequestRecord record_at(std::chrono::milliseconds into_2026) {
    return sample_record(static_cast<std::uint64_t>(into_2026.count()));
}

class RollupTables : public tests::EngineTest {
protected:
    /// What differs, a line each; empty when the rollups say what their rows do.
    [[nodiscard]] std::string differences() {
        const auto found = verify_rollups(session(), all_);
        if (!found) {
            return found.error().detail();
        }
        std::string text;
        for (const RollupDifference& difference : *found) {
            text.append(difference.table).append(": ").append(difference.what).append("\n");
        }
        return text;
    }
    [[nodiscard]] std::string request_days() {
        return tests::lines(
            session(),
            "SELECT day, requests, refused, failed, input_tokens, cached_tokens, output_tokens,"
            " latency_us, cost FROM request_rollup_day ORDER BY day, key_id",
            "uttttttt"
            "m");
    }

    const Stretch all_{TimePoint{}, sample_id(0).time() + 24h * 365};
};
PULSE_ON_BOTH_ENGINES(RollupTables);

TEST_P(RollupTables, AreWrittenWithTheRows) {
    RequestRecord refused = record_at(2h);
    refused.outcome = Outcome::refused;
    refused.attempts = {};
    refused.usage = {};
    refused.cost = {};
    write_records(database(), {record_at(1h), refused});
    write_records(database(), {record_at(3h), record_at(27h)});

    EXPECT_EQ(
        request_days(),
        "1767225600000000 3 1 0 44 6 20 2460000 0.0000177\n"
        "1767312000000000 1 0 0 22 3 10 820000 0.00000885");
    EXPECT_EQ(value_of("SELECT count(*) FROM request_rollup_hour"), "4");
    EXPECT_EQ(
        tests::lines(
            session(),
            "SELECT day, org_id, source, provider, service, account, team, model, key_id,"
            " usage_type, events, amount FROM cost_rollup_day ORDER BY day",
            "utttttttttt"
            "m"),
        "1767225600000000 default AI backup chat.completions  search gpt-4o-mini-2024-07-18 key-1"
        " tokens 2 0.0000177\n"
        "1767312000000000 default AI backup chat.completions  search gpt-4o-mini-2024-07-18 key-1"
        " tokens 1 0.00000885");
    EXPECT_EQ(differences(), "");
}

TEST_P(RollupTables, OfFewDimensionsHoldAllCosts) {
    RequestRecord other = record_at(25h);
    other.key_id = "key-2";
    other.team = {};
    other.project = "atlas";
    write_records(database(), {record_at(1h), other});
    write_records(database(), {record_at(2h), record_at(2h + 1ms)});

    const auto lines_of = [&](const char* columns, const char* table) {
        return tests::lines(
            session(),
            std::string{"SELECT "} + columns + ", org_id, source, currency, events, amount FROM " +
                table + " ORDER BY 1, 2",
            columns == std::string_view{"hour"} ? "uttttm" : "utttttm");
    };
    EXPECT_EQ(
        lines_of("hour", "cost_source_hour"),
        "1767229200000000 default AI USD 1 0.00000885\n"
        "1767232800000000 default AI USD 2 0.0000177\n"
        "1767315600000000 default AI USD 1 0.00000885");
    EXPECT_EQ(
        lines_of("day, team", "cost_team_day"),
        "1767225600000000 search default AI USD 3 0.00002655\n"
        "1767312000000000  default AI USD 1 0.00000885");
    EXPECT_EQ(
        lines_of("day, model", "cost_model_day"),
        "1767225600000000 gpt-4o-mini-2024-07-18 default AI USD 3 0.00002655\n"
        "1767312000000000 gpt-4o-mini-2024-07-18 default AI USD 1 0.00000885");
    EXPECT_EQ(value_of("SELECT events FROM cost_project_hour WHERE project = 'atlas'"), "1");
    EXPECT_EQ(differences(), "");
}

TEST_P(RollupTables, CountARowOnceHoweverOftenItIsReplayed) {
    write_records(database(), {record_at(1h), record_at(2h)});
    const std::string once = request_days();

    write_records(database(), {record_at(2h), record_at(1h)});
    write_records(database(), {record_at(1h), record_at(3h)});

    EXPECT_NE(once, "");
    EXPECT_EQ(value_of("SELECT requests FROM request_rollup_day"), "3");
    EXPECT_EQ(differences(), "");
}

TEST_P(RollupTables, AreNotWrittenForWhatIsRejected) {
    RequestRecord poisoned = record_at(1h);
    poisoned.cost_status = "guessed";
    DecodedRecord bad;
    bad.record = poisoned;
    DecodedRecord good;
    good.record = record_at(2h);
    const DecodedRecord* records[] = {&good, &bad};

    const auto counts = database().write(records, {});

    ASSERT_TRUE(counts) << counts.error().detail();
    EXPECT_EQ(counts->rejects.size(), 1U);
    EXPECT_EQ(value_of("SELECT count(*) FROM request_rollup_hour"), "0");
}

TEST_P(RollupTables, ArePreciseBeyondFloats) {
    std::vector<RequestRecord> records;
    Money total;
    for (std::int64_t i = 0; i < 100; ++i) {
        records.push_back(record_at(std::chrono::milliseconds{i}));
        records.back().cost = Money::from_pico(Int128{90'071'992'547'409'930} * 1'000 + i);
        total += records.back().cost;
    }
    write_records(database(), records);
    for (RequestRecord& record : records) {
        record.id.bytes[15] ^= 0x80U;
        total += record.cost;
    }
    write_records(database(), records);

    EXPECT_EQ(
        tests::lines(session(), "SELECT requests, cost FROM request_rollup_day", "tm"),
        "200 " + total.to_string());
    EXPECT_EQ(differences(), "");
}

TEST_P(RollupTables, FollowARerating) {
    write_records(database(), {record_at(1h), record_at(2h), record_at(26h)});
    const auto attempts =
        billed_attempts(session(), BilledKind::all, {}, first_id_at(sample_id(0).time() + 24h), 10);
    ASSERT_TRUE(attempts) << attempts.error().detail();
    ASSERT_EQ(attempts->size(), 2U);
    ReratingBatch batch{TimePoint{1'790'000'000s}, "2026-11-20/fedcba", {}};
    batch.changes.push_back({attempts->at(0), pico(1), "exact", false});
    batch.changes.push_back({attempts->at(1), attempts->at(1).cost, "derived", false});

    const auto changed = apply_rerating(session(), batch);

    ASSERT_TRUE(changed) << changed.error().detail();
    EXPECT_EQ(*changed, 2U);
    EXPECT_EQ(
        tests::lines(session(), "SELECT cost FROM request_rollup_hour ORDER BY hour", "m"),
        "0.000000000001\n0.00000885\n0.00000885");
    EXPECT_EQ(
        tests::lines(session(), "SELECT amount, events FROM cost_rollup_day ORDER BY day", "mt"),
        "0.000008850001 2\n0.00000885 1");
    EXPECT_EQ(differences(), "");
}

TEST_P(RollupTables, AreFoundOutWhereTheyAreWrong) {
    write_records(database(), {record_at(1h), record_at(26h)});
    ASSERT_TRUE(session().run(
        "UPDATE cost_rollup_hour SET amount = '1.5', events = 3"
        " WHERE hour > $1",
        {sample_id(0).time() + 24h}));
    ASSERT_TRUE(
        session().run("DELETE FROM request_rollup_day WHERE day <= $1", {sample_id(0).time()}));

    const auto found = verify_rollups(session(), all_);

    ASSERT_TRUE(found) << found.error().detail();
    ASSERT_EQ(found->size(), 2U);
    EXPECT_EQ(found->at(0).table, "request_rollup_day");
    EXPECT_EQ(found->at(0).begins_at, sample_id(0).time());
    EXPECT_NE(found->at(0).what.find("requests 0, its rows 1"), std::string::npos)
        << found->at(0).what;
    EXPECT_EQ(found->at(1).table, "cost_rollup_hour");
    EXPECT_EQ(found->at(1).begins_at, sample_id(0).time() + 26h);
    EXPECT_NE(
        found->at(1).what.find("events 3, its rows 1; amount 1.5, its rows 0.00000885"),
        std::string::npos)
        << found->at(1).what;
    const auto second_day =
        verify_rollups(session(), {sample_id(0).time() + 30h, sample_id(0).time() + 31h});
    ASSERT_TRUE(second_day);
    EXPECT_EQ(second_day->size(), 1U) << "the whole days that the stretch meets";
    EXPECT_EQ(verify_rollups(session(), all_, 1)->size(), 2U) << "one of each table";
}

TEST_P(RollupTables, OfFewDimensionsAreFoundOutToo) {
    write_records(database(), {record_at(1h)});
    for (const RollupTable* const table : rollup_tables()) {
        ASSERT_EQ(differences(), "");
        const std::string name{table->name};
        const std::string count{table->sums.front().name};
        ASSERT_TRUE(session().run("UPDATE " + name + " SET " + count + " = " + count + " + 1", {}));

        EXPECT_EQ(differences().substr(0, name.size() + 2), name + ": ");

        ASSERT_TRUE(session().run("UPDATE " + name + " SET " + count + " = " + count + " - 1", {}));
    }
}

TEST_P(RollupTables, AreMadeAnewFromTheRows) {
    RequestRecord other = record_at(2h);
    other.key_id = "key-2";
    other.team = {};
    write_records(database(), {record_at(1h), other, record_at(26h)});
    const std::string before = request_days();
    for (const RollupTable* const table : rollup_tables()) {
        ASSERT_TRUE(session().run("DELETE FROM " + std::string{table->name}, {}));
    }
    ASSERT_NE(differences(), "");

    const auto rebuilt =
        rebuild_rollups(session(), {sample_id(0).time(), sample_id(0).time() + 27h});

    ASSERT_TRUE(rebuilt) << rebuilt.error().detail();
    EXPECT_EQ(differences(), "");
    EXPECT_EQ(request_days(), before);
}

TEST_P(RollupTables, AreNotMadeAnewWhereRetentionTookRows) {
    write_records(database(), {record_at(1h)});
    const Stretch day{sample_id(0).time(), sample_id(0).time() + 24h};
    ASSERT_TRUE(note_drop(session(), "ai_request_log", day, {}, day.ends_at));

    const auto rebuilt = rebuild_rollups(session(), all_);

    ASSERT_FALSE(rebuilt);
    EXPECT_EQ(rebuilt.error().code(), Errc::invalid_request);
    EXPECT_NE(rebuilt.error().detail().find("2026-01-02T00:00:00"), std::string::npos);
    EXPECT_TRUE(rebuild_rollups(session(), {day.ends_at, day.ends_at + 24h}));
}

TEST_P(RollupTables, AgreeWithWhatRetentionTookAndWhatItLeft) {
    write_records(database(), {record_at(1h), record_at(2h), record_at(26h)});
    const Stretch day{sample_id(0).time(), sample_id(0).time() + 24h};
    ASSERT_TRUE(
        session().run("DELETE FROM ai_request_attempt WHERE request_id = $1", {record_at(1h).id}));
    ASSERT_TRUE(session().run("DELETE FROM ai_request_log WHERE id = $1", {record_at(1h).id}));
    ASSERT_NE(differences(), "");
    StretchTotals taken;
    taken.add(1, "USD", pico(8'850'000));

    ASSERT_TRUE(note_drop(session(), "ai_request_log", day, taken, TimePoint{1'790'000'000s}));

    EXPECT_EQ(differences(), "");
    // A record of that day that comes late is a row and a sum again.
    write_records(database(), {record_at(3h)});
    EXPECT_EQ(differences(), "");
    const auto check = check_stretch(session(), kRequestRollupDay, day);
    ASSERT_TRUE(check) << check.error().detail();
    EXPECT_EQ(check->rollup.to_string(), "3 rows, 0.00002655 USD");
    EXPECT_EQ(check->rows.rows, 2);
    EXPECT_EQ(check->dropped, taken);
    EXPECT_TRUE(check->agrees());
}

TEST_P(RollupTables, AddUpWhatARunOfRetentionTakesInSteps) {
    const Stretch day{sample_id(0).time(), sample_id(0).time() + 24h};
    StretchTotals taken;
    taken.add(2, "USD", pico(5));
    taken.add(1, "EUR", pico(7));

    for (int i = 0; i < 2; ++i) {
        const auto noted = note_drop(session(), "cost_event", day, taken, day.ends_at);
        ASSERT_TRUE(noted) << noted.error().detail();
    }

    const auto check = check_stretch(session(), kCostRollupHour, day);
    ASSERT_TRUE(check) << check.error().detail();
    EXPECT_EQ(check->dropped.to_string(), "6 rows, 0.000000000014 EUR, 0.00000000001 USD");
    EXPECT_FALSE(check->agrees());
    EXPECT_EQ(value_of("SELECT count(*) FROM retention_drop"), "1");
}

}  // namespace
}  // namespace pulse::storage
