#include "storage/ledger_writer.h"

#include "base/hex.h"
#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace pulse::storage {
namespace {

using namespace std::chrono_literals;
using tests::sample_id;
using tests::sample_record;
using tests::TemporaryFolder;

/// Has no rows.
class EmptySession final : public sql::Session {
public:
    [[nodiscard]] sql::Engine engine() const override { return sql::Engine::sqlite; }
    Result<std::int64_t> run(std::string_view, std::span<const sql::Value>) override { return 0; }
    Result<void> each(
        std::string_view,
        std::span<const sql::Value>,
        const std::function<void(const sql::Row&)>&) override {
        return {};
    }
    Result<void> execute_script(std::string_view) override { return {}; }
    Result<void> begin() override { return {}; }
    Result<void> commit() override { return {}; }
    void roll_back() override {}
};

/// A database in memory that can be made to fail.
class FakeDatabase final : public Database {
public:
    struct State {
        std::atomic<bool> away{false};
        std::vector<Uuid> ids;
        std::vector<SpoolPosition> checkpoints;
        std::vector<std::string> forgotten;
        std::size_t largest_batch = 0;
        bool cannot_sync = false;
        std::size_t durable = 0;  ///< of ids
    };
    explicit FakeDatabase(State& state) : state_(state) {}

    Result<void> migrate_up() override { return {}; }
    Result<void> migrate_down(bool) override { return {}; }
    Result<std::vector<MigrationStatus>> migration_status() override {
        return std::vector<MigrationStatus>{};
    }
    Result<LedgerCounts> write(
        std::span<const DecodedRecord* const> records,
        const std::vector<SpoolPosition>& checkpoints) override {
        if (state_.away) {
            return Error{Errc::storage_unavailable, "away"};
        }
        LedgerCounts counts;
        for (std::size_t i = 0; i < records.size(); ++i) {
            if (records[i]->record.status == 666) {
                counts.rejects.push_back({i, "a poisoned record"});
            }
        }
        if (!counts.rejects.empty()) {
            return counts;
        }
        for (const DecodedRecord* const record : records) {
            state_.ids.push_back(record->record.id);
        }
        state_.largest_batch = std::max(state_.largest_batch, records.size());
        state_.checkpoints = checkpoints;
        counts.requests = records.size();
        return counts;
    }
    Result<void> make_durable() override {
        if (state_.cannot_sync) {
            return Error{Errc::storage_unavailable, "no sync"};
        }
        state_.durable = state_.ids.size();
        return {};
    }
    Result<std::vector<SpoolPosition>> checkpoints() override {
        if (state_.away) {
            return Error{Errc::storage_unavailable, "away"};
        }
        return state_.checkpoints;
    }
    Result<void> forget_checkpoints(const std::vector<std::string>& segments) override {
        state_.forgotten.insert(state_.forgotten.end(), segments.begin(), segments.end());
        return {};
    }
    Result<void> maintain(TimePoint) override { return {}; }
    Result<RetentionCounts> retain(
        const RetentionCutoffs&, TimePoint, const std::function<bool()>&) override {
        return RetentionCounts{};
    }
    sql::Session& session() override { return session_; }

private:
    State& state_;
    EmptySession session_;
};

class LedgerWriterTest : public ::testing::Test {
protected:
    [[nodiscard]] SpoolSettings spool_settings() const {
        SpoolSettings settings;
        settings.path = folder_ / "spool";
        settings.segment_bytes = 64 * 1024;
        settings.limit_bytes = 64 << 20;
        return settings;
    }
    void open_spool() {
        spool_.reset();
        auto spool = Spool::open(spool_settings(), 1);
        ASSERT_TRUE(spool);
        spool_ = std::move(*spool);
    }
    void SetUp() override { open_spool(); }

    void append(std::uint64_t number, std::int32_t status = 200) {
        ASSERT_TRUE(spool_->writer(0).reserve());
        RequestRecord record = sample_record(number);
        record.status = status;
        spool_->writer(0).append(record);
    }
    [[nodiscard]] std::unique_ptr<LedgerWriter> make_writer() {
        LedgerWriter::Settings settings;
        settings.batch_records = 100;
        settings.batch_wait = 5ms;
        settings.rejected_path = folder_ / "rejected.jsonl";
        return std::make_unique<LedgerWriter>(
            *spool_, std::make_unique<FakeDatabase>(state_), settings);
    }

    TemporaryFolder folder_;
    FakeDatabase::State state_;
    std::unique_ptr<Spool> spool_;
};

TEST_F(LedgerWriterTest, ReplaysWhatAnEarlierProcessLeft) {
    for (std::uint64_t i = 0; i < 250; ++i) {
        append(i);
    }
    open_spool();
    const auto writer = make_writer();

    ASSERT_TRUE(writer->replay());

    EXPECT_EQ(state_.ids.size(), 250U);
    EXPECT_EQ(state_.largest_batch, 100U);
    EXPECT_EQ(spool_->metrics().records, 0U);
    EXPECT_GE(state_.forgotten.size(), 1U);
    EXPECT_EQ(writer->metrics().requests_written, 250U);
}

TEST_F(LedgerWriterTest, WritesWhatIsThereBeforeItStops) {
    const auto writer = make_writer();
    writer->start();
    for (std::uint64_t i = 0; i < 1'000; ++i) {
        append(i);
    }

    writer->stop(30s);

    EXPECT_EQ(state_.ids.size(), 1'000U);
    EXPECT_EQ(spool_->metrics().records, 0U);
}

TEST_F(LedgerWriterTest, StopsInTimeWhenTheDatabaseIsAway) {
    state_.away = true;
    const auto writer = make_writer();
    writer->start();
    append(1);

    const auto begin = std::chrono::steady_clock::now();
    writer->stop(50ms);

    EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
    EXPECT_FALSE(writer->metrics().up);
    EXPECT_GE(writer->metrics().failures, 1U);
    EXPECT_EQ(spool_->metrics().records, 1U);
}

TEST_F(LedgerWriterTest, GoesOnWhenTheDatabaseComesBack) {
    state_.away = true;
    const auto writer = make_writer();
    EXPECT_FALSE(writer->replay());
    for (std::uint64_t i = 0; i < 10; ++i) {
        append(i);
    }
    writer->start();
    state_.away = false;

    writer->stop(30s);

    EXPECT_EQ(state_.ids.size(), 10U);
    EXPECT_TRUE(writer->metrics().up);
}

TEST_F(LedgerWriterTest, SetsARecordAsideThatTheDatabaseCannotTake) {
    append(1);
    append(2, 666);
    append(3);
    const auto writer = make_writer();

    ASSERT_TRUE(writer->replay());

    EXPECT_EQ(state_.ids, (std::vector<Uuid>{sample_id(1), sample_id(3)}));
    EXPECT_EQ(writer->metrics().rejected, 1U);
    EXPECT_EQ(spool_->metrics().records, 0U);
    std::string line;
    std::getline(std::ifstream{folder_ / "rejected.jsonl"}, line);
    RequestRecord record = sample_record(2);
    record.status = 666;
    std::string bytes;
    encode(record, bytes);
    EXPECT_NE(line.find("\"reason\":\"a poisoned record\""), std::string::npos);
    EXPECT_NE(line.find("\"record\":\"" + to_hex(bytes) + "\"}"), std::string::npos);
}

TEST_F(LedgerWriterTest, SetsADamagedRecordAsideAndWritesThoseBehindIt) {
    append(1);
    append(2);
    append(3);
    spool_.reset();
    std::filesystem::path segment;
    for (const auto& entry : std::filesystem::directory_iterator{folder_ / "spool"}) {
        segment = entry.path().extension() == ".segment" ? entry.path() : segment;
    }
    std::stringstream bytes;
    bytes << std::ifstream{segment, std::ios::binary}.rdbuf();
    const std::size_t first = bytes.str().find("visitor-77");
    std::fstream{segment, std::ios::binary | std::ios::in | std::ios::out}
        .seekp(static_cast<std::streamoff>(bytes.str().find("visitor-77", first + 1)))
        .put('V');
    open_spool();
    const auto writer = make_writer();

    ASSERT_TRUE(writer->replay());

    EXPECT_EQ(state_.ids, (std::vector<Uuid>{sample_id(1), sample_id(3)}));
    EXPECT_EQ(writer->metrics().rejected, 1U);
    std::string line;
    std::getline(std::ifstream{folder_ / "rejected.jsonl"}, line);
    EXPECT_NE(line.find("\"reason\":\"damaged: its checksum is wrong\""), std::string::npos);
    EXPECT_NE(line.find(to_hex(std::string_view{"Visitor-77"})), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(segment));
}

// One bad segment must not keep a gateway from starting: the others are written, and it is there
// for the next start.
TEST_F(LedgerWriterTest, StartsWithoutASegmentWhoseRecordCannotEvenBeSetAside) {
    append(1);
    append(2, 666);
    append(3);
    open_spool();
    append(4);
    std::filesystem::create_directory(folder_ / "rejected.jsonl");

    {
        const auto writer = make_writer();
        ASSERT_TRUE(writer->replay());
    }

    std::sort(state_.ids.begin(), state_.ids.end());
    EXPECT_EQ(state_.ids, (std::vector<Uuid>{sample_id(1), sample_id(4)}));
    EXPECT_EQ(spool_->metrics().segments_left, 1U);
    EXPECT_EQ(spool_->metrics().records, 2U);

    std::filesystem::remove(folder_ / "rejected.jsonl");
    open_spool();
    const auto writer = make_writer();
    ASSERT_TRUE(writer->replay());
    EXPECT_EQ(state_.ids.back(), sample_id(3));
    EXPECT_EQ(state_.ids.size(), 3U);
    EXPECT_EQ(writer->metrics().rejected, 1U);
    EXPECT_EQ(spool_->metrics().records, 0U);
}

TEST_F(LedgerWriterTest, KeepsFinishedSegmentsUntilTheDatabaseIsDurable) {
    append(1);
    open_spool();
    state_.cannot_sync = true;
    const auto writer = make_writer();

    ASSERT_TRUE(writer->replay());
    EXPECT_EQ(state_.ids.size(), 1U);
    EXPECT_EQ(spool_->metrics().records, 0U);
    EXPECT_TRUE(state_.forgotten.empty());

    state_.cannot_sync = false;
    ASSERT_TRUE(writer->replay());
    EXPECT_EQ(state_.durable, 1U);
    EXPECT_EQ(state_.forgotten.size(), 1U);
}

TEST_F(LedgerWriterTest, SetsARecordAsideOnceThoughTheDatabaseIsAway) {
    append(1);
    append(2, 666);
    const auto writer = make_writer();
    ASSERT_TRUE(writer->replay());
    state_.away = true;
    append(3);

    EXPECT_FALSE(writer->replay());
    EXPECT_FALSE(writer->replay());

    EXPECT_EQ(writer->metrics().rejected, 1U);
}

}  // namespace
}  // namespace pulse::storage
