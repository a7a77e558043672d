#include "storage/database.h"
#include "tests/unit/storage/engines.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

/// What Database::write() promises, of both engines.
namespace pulse::storage {
namespace {

using tests::pico;
using tests::sample_record;

/// Records as the spool gives them.
class Records {
public:
    DecodedRecord& add(const RequestRecord& record) {
        std::string& bytes = bytes_.emplace_back();
        encode(record, bytes);
        DecodedRecord& decoded = decoded_.emplace_back();
        EXPECT_TRUE(decode(bytes, decoded));
        pointers_.push_back(&decoded);
        return decoded;
    }
    void add_many(std::uint64_t first, std::uint64_t count) {
        for (std::uint64_t number = first; number < first + count; ++number) {
            add(sample_record(number));
        }
    }
    [[nodiscard]] std::span<const DecodedRecord* const> all() const { return pointers_; }

private:
    std::deque<std::string> bytes_;
    std::deque<DecodedRecord> decoded_;
    std::vector<const DecodedRecord*> pointers_;
};

class LedgerContractTest : public tests::EngineTest {
protected:
    /// What was written; fails where anything was refused.
    LedgerCounts write(const Records& records, std::vector<SpoolPosition> checkpoints = {}) {
        auto counts = database().write(records.all(), checkpoints);
        EXPECT_TRUE(counts) << counts.error().detail();
        if (!counts) {
            return {};
        }
        for (const RejectedRecord& reject : counts->rejects) {
            ADD_FAILURE() << reject.index << ": " << reject.reason;
        }
        return *counts;
    }
    [[nodiscard]] std::string count(const std::string& table) {
        return value_of("SELECT count(*) FROM " + table);
    }
    /// The rollups of a table and its rows say the same.
    void expect_exact_rollups() {
        const std::string sum = engine() == sql::Engine::sqlite ? "pulse_sum" : "sum";
        for (const char* const stretch : {"hour", "day"}) {
            const std::string requests = "request_rollup_" + std::string{stretch};
            for (const char* const by : {"rollup", "model", "project", "team", "source"}) {
                const std::string costs = std::string{"cost_"} + by + "_" + stretch;
                EXPECT_EQ(
                    value_of("SELECT " + sum + "(amount) FROM " + costs),
                    value_of("SELECT " + sum + "(amount) FROM cost_event"))
                    << costs;
                EXPECT_EQ(value_of("SELECT sum(events) FROM " + costs), count("cost_event"))
                    << costs;
            }
            EXPECT_EQ(value_of("SELECT sum(requests) FROM " + requests), count("ai_request_log"));
            EXPECT_EQ(
                value_of("SELECT " + sum + "(cost) FROM " + requests),
                value_of("SELECT " + sum + "(cost) FROM ai_request_log"));
        }
    }
};

TEST_P(LedgerContractTest, WritesEveryColumn) {
    Records records;
    records.add(sample_record(7));

    const LedgerCounts counts = write(records, {{"a.segment", 640}});

    EXPECT_EQ(counts.requests, 1U);
    EXPECT_EQ(counts.attempts, 2U);
    EXPECT_EQ(counts.cost_events, 1U);
    const auto read = session().each(
        "SELECT id, ts, \"user\", tags, stream, attempts, cached_read, cost, stated_cost, ttft_us, "
        "currency FROM ai_request_log",
        {},
        [](const sql::Row& row) {
            EXPECT_EQ(row.uuid(0), tests::sample_id(7));
            EXPECT_EQ(row.time(1), tests::sample_id(7).time());
            EXPECT_EQ(row.text(2), "ada");
            EXPECT_NE(row.text(3).find("prod"), std::string_view::npos);
            EXPECT_TRUE(row.boolean(4));
            EXPECT_EQ(row.integer(5), 2);
            EXPECT_EQ(row.integer(6), 3);
            EXPECT_EQ(row.money(7), pico(8'850'000));
            EXPECT_EQ(row.money(8), Money::from_pico(Int128{9'000'000'000'000'000'000} * 1'000));
            EXPECT_EQ(row.integer(9), 300'000);
            EXPECT_EQ(row.text(10), "USD");
        });
    EXPECT_TRUE(read);
    EXPECT_EQ(value_of("SELECT status FROM ai_request_attempt WHERE attempt = 1"), "503");
    EXPECT_EQ(value_of("SELECT key_id FROM cost_event"), "key-1");
    const auto checkpoints = database().checkpoints();
    ASSERT_TRUE(checkpoints);
    ASSERT_EQ(checkpoints->size(), 1U);
    EXPECT_EQ(checkpoints->front().offset, 640U);
    expect_exact_rollups();
}

TEST_P(LedgerContractTest, AReplayChangesNothing) {
    Records first;
    first.add_many(1, 700);
    Records second;
    second.add_many(400, 700);
    write(first);

    EXPECT_EQ(write(first).requests, 0U);
    const LedgerCounts overlapping = write(second);

    EXPECT_EQ(overlapping.requests, 399U);
    EXPECT_EQ(overlapping.attempts, 2U * 399U);
    EXPECT_EQ(count("ai_request_log"), "1099");
    EXPECT_EQ(count("ai_request_attempt"), "2198");
    EXPECT_EQ(count("cost_event"), "1099");
    expect_exact_rollups();
}

TEST_P(LedgerContractTest, TakesTheSameRecordTwiceInABatchOnce) {
    Records records;
    records.add(sample_record(2));
    records.add(sample_record(1));
    records.add(sample_record(2));

    EXPECT_EQ(write(records).requests, 2U);
    EXPECT_EQ(count("ai_request_log"), "2");
    expect_exact_rollups();
}

TEST_P(LedgerContractTest, NamesEachRecordThatCannotBeStoredAndWritesNothing) {
    Records records;
    records.add_many(1, 400);
    for (const std::uint64_t bad : {1003U, 1001U, 1002U}) {
        RequestRecord record = sample_record(bad);
        record.status = 7;  // no HTTP status
        records.add(record);
    }
    records.add_many(2'000, 5);

    const auto counts = database().write(records.all(), {{"a.segment", 64}});

    ASSERT_TRUE(counts) << counts.error().detail();
    ASSERT_EQ(counts->rejects.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(counts->rejects[i].index, 400 + i);
        EXPECT_FALSE(counts->rejects[i].reason.empty());
    }
    EXPECT_EQ(counts->requests, 0U);
    EXPECT_EQ(count("ai_request_log"), "0");
    EXPECT_EQ(count("price_version"), "0");
    EXPECT_EQ(count("request_rollup_hour"), "0");
    ASSERT_TRUE(database().checkpoints());
    EXPECT_TRUE(database().checkpoints()->empty());
    Records good;
    good.add_many(1, 400);
    EXPECT_EQ(write(good).requests, 400U);
    EXPECT_EQ(count("price_version"), "1");
}

TEST_P(LedgerContractTest, NoTextOfACallerKeepsARequestOut) {
    const std::string long_text(60'000, 'x');
    std::string noise;
    for (int i = 0; i < 6'000; ++i) {
        noise += static_cast<char>('!' + (i * 7'919 + i / 89) % 90);
    }
    const std::string texts[] = {
        std::string{"a\0b", 3},
        "\xff\xfe",
        "\xed\xa0\x80",
        "\xc0\x80",
        "\xf4\x90\x80\x80",
        "tab\tnew\nline\\",
        "\"{},'NULL",
        long_text,
        noise,
        "\\N",
        "NULL",
        "\\.",
        "é漢𝄞"};
    Records records;
    std::uint64_t number = 0;
    for (const std::string& text : texts) {
        RequestRecord record = sample_record(++number);
        record.end_user = text;
        record.user = text;
        record.model_requested = text;
        record.model_served = text;
        record.request_id_caller = text;
        record.error_code = text;
        std::array<AttemptRecord, 2> attempts = tests::kSampleAttempts;
        attempts[1].model = text;
        record.attempts = attempts;
        records.add(record);
    }

    EXPECT_EQ(write(records).requests, std::size(texts));
    expect_exact_rollups();
    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_log WHERE end_user = $1", {"é漢𝄞"}), "1");
    EXPECT_EQ(
        value_of("SELECT count(*) FROM ai_request_log WHERE end_user = $1", {"tab\tnew\nline\\"}),
        "1");
    EXPECT_EQ(value_of("SELECT count(*) FROM ai_request_log WHERE end_user = $1", {"\\N"}), "1");
}

TEST_P(LedgerContractTest, TakesEveryTagThatIsJson) {
    Records records;
    std::uint64_t number = 0;
    for (const char* const tags :
         {R"({"a":"\u0000"})",
          R"({"a":"\ud800"})",
          R"({"a":"\ud834\udd1e"})",
          R"({"a":"\\u0000"})"}) {
        RequestRecord record = sample_record(++number);
        record.tags_json = tags;
        records.add(record);
    }

    EXPECT_EQ(write(records).requests, 4U);
}

TEST_P(LedgerContractTest, KeepsTheFirstMakerOfAnObjectAndNotesItsWork) {
    Records records;
    RequestRecord record = sample_record(1);
    record.api = Api::batches;
    record.object_id = "batch_1";
    record.deferred = Deferred::begun;
    records.add(record);
    record.id = tests::sample_id(2);
    record.key_id = "key-2";
    record.deferred = Deferred::none;
    records.add(record);

    EXPECT_EQ(write(records).requests, 2U);

    EXPECT_EQ(value_of("SELECT key_id FROM provider_object WHERE id = 'batch_1'"), "key-1");
    EXPECT_EQ(value_of("SELECT state FROM deferred_work WHERE object_id = 'batch_1'"), "waiting");
}

TEST_P(LedgerContractTest, TwoWritersOfTheSameRecordsEndWithEachOnce) {
    constexpr std::uint64_t kBatches = 12;
    constexpr std::uint64_t kSize = 120;
    std::vector<std::string> failures(2);
    std::vector<std::uint64_t> written(2);
    std::vector<std::thread> writers;
    for (std::size_t writer = 0; writer < 2; ++writer) {
        writers.emplace_back([&, writer] {
            const auto own = open();
            for (std::uint64_t batch = 0; batch < kBatches; ++batch) {
                Records records;
                // The one counts up, the other down, so that they meet.
                for (std::uint64_t i = 0; i < kSize; ++i) {
                    const std::uint64_t number = batch * kSize / 2 + i;
                    records.add(
                        sample_record(1 + (writer == 0 ? number : kBatches * kSize - number)));
                }
                const auto counts = own->write(records.all(), {});
                if (!counts) {
                    failures[writer] = counts.error().detail();
                    return;
                }
                written[writer] += counts->requests;
            }
        });
    }
    for (std::thread& writer : writers) {
        writer.join();
    }

    EXPECT_EQ(failures, std::vector<std::string>(2));
    EXPECT_EQ(count("ai_request_log"), std::to_string(written[0] + written[1]));
    EXPECT_EQ(value_of("SELECT count(DISTINCT id) FROM ai_request_log"), count("ai_request_log"));
    expect_exact_rollups();
}

PULSE_ON_BOTH_ENGINES(LedgerContractTest);

}  // namespace
}  // namespace pulse::storage
