#include "storage/tables/spent.h"

#include "tests/unit/storage/engines.h"
#include "tests/unit/storage/samples.h"
#include "tests/unit/storage/tables/written_records.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <deque>
#include <string>

namespace pulse::storage {
namespace {

using namespace std::chrono_literals;
using tests::pico;
using tests::sample_id;
using tests::sample_record;

/// A request of one billed attempt.
struct Spending {
    std::chrono::milliseconds at;
    std::int64_t cost;
    std::string_view team;
    std::string_view key;
    std::string_view target;
    std::string_view served;
    std::string_view tags;
};

class SpentByScope : public tests::EngineTest {
protected:
    void write(std::initializer_list<Spending> spendings) {
        std::vector<RequestRecord> records;
        for (const Spending& one : spendings) {
            RequestRecord record = sample_record(static_cast<std::uint64_t>(one.at.count()));
            record.team = one.team;
            record.key_id = one.key;
            record.model_served = one.served;
            record.tags_json = one.tags;
            record.cost = pico(one.cost);
            AttemptRecord& attempt = attempts_.emplace_back(tests::kSampleAttempts[1]);
            attempt.model = one.target;
            attempt.cost = record.cost;
            record.attempts = {&attempt, 1};
            records.push_back(record);
        }
        tests::write_records(database(), records);
    }
    /// "scope id amount", a line each.
    [[nodiscard]] std::string spent(
        std::optional<TimePoint> begin, std::vector<std::string_view> scopes) {
        const auto rows = spent_by_scope(session(), begin, scopes);
        if (!rows) {
            return rows.error().detail();
        }
        std::string text;
        for (const ScopeSpentRow& row : *rows) {
            EXPECT_EQ(row.org, "default");
            text += row.scope + " " + row.id + " " +
                    std::to_string(static_cast<long long>(row.spent.pico())) + "\n";
        }
        return text;
    }

    const TimePoint start_ = sample_id(0).time();
    std::deque<AttemptRecord> attempts_;
};
PULSE_ON_BOTH_ENGINES(SpentByScope);

TEST_P(SpentByScope, SumsEachScopeOverRowsHoursAndDays) {
    write({
        {1ms, 1, "search", "k1", "gpt-4o", "gpt-4o-2024", ""},
        {10min, 10, "ads", "k1", "gpt-4o", "gpt-4o-2024", ""},
        {2h, 100, "search", "k2", "gpt-4o", "gpt-4o-2024", ""},
        {30h, 1000, "", "k2", "claude", "claude-4", ""},
    });

    EXPECT_EQ(spent(std::nullopt, {"organisation"}), "organisation  1111\n");
    EXPECT_EQ(
        spent(std::nullopt, {"key", "team"}),
        "key k1 11\nkey k2 1100\nteam ads 10\nteam search 101\n");
    EXPECT_EQ(spent(start_ + 5min, {"team"}), "team ads 10\nteam search 100\n");
    EXPECT_EQ(
        spent(start_ + 1h, {"team", "organisation"}), "organisation  1100\nteam search 100\n");
    EXPECT_EQ(spent(start_ + 25h, {"key"}), "key k2 1000\n");
    EXPECT_EQ(spent(start_ + 31h, {"key", "organisation", "model"}), "");
}

TEST_P(SpentByScope, AModelIsTheOneThatWasAskedOfTheProvider) {
    write({
        {1ms, 1, "search", "k1", "gpt-4o", "gpt-4o-2024", ""},
        {2h, 100, "search", "k2", "gpt-4o", "gpt-4o-2025", ""},
        {30h, 1000, "", "k2", "claude", "claude-4", ""},
    });

    EXPECT_EQ(
        spent(std::nullopt, {"model"}), "model backup/claude 1000\nmodel backup/gpt-4o 101\n");
    EXPECT_EQ(
        spent(start_ + 1min, {"model"}), "model backup/claude 1000\nmodel backup/gpt-4o 100\n");
}

TEST_P(SpentByScope, ATagCountsByItsValue) {
    write({
        {1ms, 1, "search", "k1", "m", "m", R"({"env":"prod","cost-center":"7"})"},
        {2h, 100, "search", "k2", "m", "m", R"({"env":"prod"})"},
        {3h, 1000, "ads", "k2", "m", "m", R"({"env":"test"})"},
        {4h, 5, "ads", "k2", "m", "m", ""},
    });

    EXPECT_EQ(spent(std::nullopt, {"tag.env"}), "tag env=prod 101\ntag env=test 1000\n");
    EXPECT_EQ(
        spent(start_ + 1h, {"tag.env", "tag.cost-center"}),
        "tag env=prod 100\ntag env=test 1000\n");
    EXPECT_EQ(spent(std::nullopt, {"tag.cost-center"}), "tag cost-center=7 1\n");
    EXPECT_EQ(spent(std::nullopt, {"tag.none"}), "");
}

TEST_P(SpentByScope, AnUnknownScopeIsAnError) {
    EXPECT_EQ(spent(std::nullopt, {"team", "colour"}), "no scope: colour");
    EXPECT_EQ(spent(std::nullopt, {"tag."}), "no scope: tag.");
}

}  // namespace
}  // namespace pulse::storage
