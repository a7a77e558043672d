#include "storage/ledger_writer.h"

#include "base/hex.h"
#include "storage/sqlite/connection.h"
#include "tests/unit/storage/samples.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace pulse::storage {
namespace {

using namespace std::chrono_literals;
using tests::sample_id;
using tests::sample_record;
using tests::TemporaryFolder;

/// A database in memory that can be made to fail.
class FakeDatabase final : public Database {
public:
    struct State {
        std::atomic<bool> away{false};
        std::vector<Uuid> ids;
        std::vector<SpoolPosition> checkpoints;
        std::vector<std::string> forgotten;
        std::size_t largest_batch = 0;
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
    Result<std::int64_t> keys_version() override { return std::int64_t{0}; }
    Result<std::vector<KeyRow>> keys() override { return std::vector<KeyRow>{}; }
    Result<std::optional<KeyRow>> key(std::string_view) override { return std::optional<KeyRow>{}; }
    Result<void> insert_key(const KeyRow&) override { return {}; }
    Result<void> update_key(const KeyRow&) override { return {}; }
    Result<std::unique_ptr<StoredRequest>> request(const Uuid&) override {
        return std::unique_ptr<StoredRequest>{};
    }
    Result<std::vector<SpentRow>> spent_since(std::optional<TimePoint>) override {
        return std::vector<SpentRow>{};
    }

private:
    State& state_;
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

// --- with the real database, in a process that is killed
// ------------------------------------------------------

[[nodiscard]] std::unique_ptr<Database> open_real(const std::filesystem::path& folder) {
    auto database = open_database("sqlite:" + (folder / "pulse.db").string());
    EXPECT_TRUE(database && (*database)->migrate_up());
    return std::move(*database);
}

/// A gateway's life: replays, then appends records and writes them, until it is killed. Reports the
/// number of each record after it was appended.
[[noreturn]] void serve_until_killed(
    const std::filesystem::path& folder, std::uint64_t first, int acknowledge) {
    SpoolSettings settings;
    settings.path = folder / "spool";
    settings.segment_bytes = 64 * 1024;
    auto spool = Spool::open(settings, 1);
    if (!spool) {
        ::_exit(1);
    }
    LedgerWriter writer{
        **spool, open_real(folder), {.batch_records = 50, .batch_wait = 1ms, .rejected_path = {}}};
    if (!writer.replay()) {
        ::_exit(2);
    }
    writer.start();
    for (std::uint64_t number = first;; ++number) {
        if (!(*spool)->writer(0).reserve()) {
            ::_exit(3);
        }
        (*spool)->writer(0).append(sample_record(number));
        if (::write(acknowledge, &number, sizeof number) != sizeof number) {
            ::_exit(4);
        }
    }
}

/// Kills the child after `records` acknowledgements; the number behind the last acknowledged one.
[[nodiscard]] std::uint64_t live_and_die(
    const std::filesystem::path& folder, std::uint64_t first, std::uint64_t records) {
    int pipe[2] = {-1, -1};
    EXPECT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        serve_until_killed(folder, first, pipe[1]);
    }
    ::close(pipe[1]);
    std::uint64_t number = 0;
    std::uint64_t end = first;
    while (::read(pipe[0], &number, sizeof number) == sizeof number) {
        end = number + 1;
        if (end == first + records) {
            ::kill(child, SIGKILL);
        }
    }
    ::close(pipe[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
    return end;
}

TEST(LedgerCrash, HasEachAcknowledgedRequestExactlyOnceAfterFiveKills) {
    const TemporaryFolder folder;
    std::vector<std::uint64_t> borders{0};
    for (const std::uint64_t records : {1U, 500U, 1'200U, 3'000U, 700U}) {
        // A number is left out, so that one record that was appended and not reported is not
        // written again.
        borders.push_back(live_and_die(folder.path(), borders.back() + 1, records));
    }

    {
        SpoolSettings settings;
        settings.path = folder / "spool";
        auto spool = Spool::open(settings, 1);
        ASSERT_TRUE(spool);
        LedgerWriter writer{**spool, open_real(folder.path()), {.rejected_path = {}}};
        ASSERT_TRUE(writer.replay());
        EXPECT_EQ((*spool)->metrics().records, 0U);
    }

    const auto database = open_real(folder.path());
    std::uint64_t acknowledged = 0;
    for (std::size_t life = 1; life < borders.size(); ++life) {
        for (std::uint64_t number = borders[life - 1] + 1; number < borders[life]; ++number) {
            const auto stored = database->request(sample_id(number));
            ASSERT_TRUE(stored && *stored != nullptr) << "lost: " << number;
            ++acknowledged;
        }
    }
    auto connection = sqlite::Connection::open(folder / "pulse.db");
    auto query = connection->prepare(
        "SELECT (SELECT count(*) FROM ai_request_log), (SELECT count(*) FROM ai_request_attempt),"
        " (SELECT count(*) FROM cost_event), (SELECT count(*) FROM spool_checkpoint)");
    ASSERT_EQ(query->step(), SQLITE_ROW);
    const auto rows = static_cast<std::uint64_t>(query->integer(0));
    EXPECT_GE(rows, acknowledged);
    EXPECT_LE(rows, acknowledged + 5) << "at most one unreported record a life";
    EXPECT_EQ(static_cast<std::uint64_t>(query->integer(1)), 2 * rows);
    EXPECT_EQ(static_cast<std::uint64_t>(query->integer(2)), rows);
    EXPECT_EQ(query->integer(3), 0);
}

}  // namespace
}  // namespace pulse::storage
