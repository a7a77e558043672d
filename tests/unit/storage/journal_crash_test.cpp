#include "storage/ledger_writer.h"
#include "storage/tables/requests.h"
#include "tests/unit/storage/samples.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace pulse::storage {
namespace {

using namespace std::chrono_literals;
using tests::sample_id;
using tests::sample_record;
using tests::TemporaryFolder;

constexpr std::size_t kInFlight = 64;
constexpr std::uint64_t kLifeNumbers = 1'000'000;  // each life has its own

/// What a process reports about a request, after it did it.
struct Report {
    std::uint64_t number;
    bool has_ended;
};

void report(int pipe, std::uint64_t number, bool has_ended) {
    const Report line{number, has_ended};
    if (::write(pipe, &line, sizeof line) != sizeof line) {
        ::_exit(9);
    }
}

[[nodiscard]] std::unique_ptr<Database> open_real(const std::filesystem::path& folder) {
    auto database = open_database("sqlite:" + (folder / "pulse.db").string());
    if (!database || !(*database)->migrate_up()) {
        ::_exit(8);
    }
    return std::move(*database);
}

[[nodiscard]] RequestRecord admission(std::uint64_t number) {
    RequestRecord record = sample_record(number);
    record.status = 0;
    record.outcome = Outcome::internal_error;
    record.error_code = kGatewayDied;
    return record;
}

/// Where a process keeps what it knows.
class Keeper {
public:
    Keeper() = default;
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;
    virtual ~Keeper() = default;
    virtual void admit(std::uint64_t number) = 0;
    virtual void end(std::uint64_t number) = 0;
};

/// As the gateway does it. Segments are small, so that many are finished while requests run.
class SpoolKeeper final : public Keeper {
public:
    explicit SpoolKeeper(const std::filesystem::path& folder) {
        SpoolSettings settings;
        settings.path = folder / "spool";
        settings.segment_bytes = 64 * 1024;
        auto spool = Spool::open(settings, 1);
        if (!spool) {
            ::_exit(1);
        }
        spool_ = std::move(*spool);
        writer_ = std::make_unique<LedgerWriter>(
            *spool_,
            open_real(folder),
            LedgerWriter::Settings{.batch_records = 50, .batch_wait = 1ms, .rejected_path = {}});
        if (!writer_->replay()) {
            ::_exit(2);
        }
        writer_->start();
    }
    void admit(std::uint64_t number) override {
        if (!spool_->writer(0).reserve() || !spool_->writer(0).reserve()) {
            ::_exit(3);
        }
        spool_->writer(0).admit(admission(number));
    }
    void end(std::uint64_t number) override { spool_->writer(0).append(sample_record(number)); }

private:
    std::unique_ptr<Spool> spool_;
    std::unique_ptr<LedgerWriter> writer_;
};

/// The negative control: rows wait for the database in memory only.
class MemoryKeeper final : public Keeper {
public:
    explicit MemoryKeeper(const std::filesystem::path& folder) : database_(open_real(folder)) {}
    void admit(std::uint64_t) override {}
    void end(std::uint64_t number) override {
        rows_.push_back(number);
        if (rows_.size() == 200) {
            std::vector<DecodedRecord> decoded(rows_.size());
            std::vector<const DecodedRecord*> records;
            for (std::size_t i = 0; i < rows_.size(); ++i) {
                decoded[i].record = sample_record(rows_[i]);
                records.push_back(&decoded[i]);
            }
            if (!database_->write(records, {})) {
                ::_exit(4);
            }
            rows_.clear();
        }
    }

private:
    std::unique_ptr<Database> database_;
    std::vector<std::uint64_t> rows_;
};

/// Requests begin and end in a random order, some of them long after others, until it is killed.
template <class HowKept>
[[noreturn]] void serve(const std::filesystem::path& folder, std::uint64_t first, int pipe) {
    HowKept keeper{folder};
    std::mt19937_64 random{first};
    std::vector<std::uint64_t> running;
    for (std::uint64_t number = first;;) {
        const bool begins = running.size() < kInFlight && random() % 2 == 0;
        if (begins || running.empty()) {
            keeper.admit(number);
            report(pipe, number, false);
            running.push_back(number++);
        } else {
            // Mostly young ones: the old ones live through many segments.
            const std::size_t back = std::min<std::size_t>(random() % 8, running.size() - 1);
            const auto at = random() % 256 == 0
                                ? running.begin()
                                : running.end() - 1 - static_cast<std::ptrdiff_t>(back);
            const std::uint64_t ended = *at;
            running.erase(at);
            keeper.end(ended);
            report(pipe, ended, true);
        }
    }
}

/// What processes reported; true: it ended.
using Reports = std::map<std::uint64_t, bool>;

template <class HowKept>
void live_and_die(
    const std::filesystem::path& folder, std::uint64_t life, std::size_t lines, Reports& reports) {
    int pipe[2] = {-1, -1};
    ASSERT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        serve<HowKept>(folder, life * kLifeNumbers, pipe[1]);
    }
    ::close(pipe[1]);
    Report line{};
    for (std::size_t seen = 1; ::read(pipe[0], &line, sizeof line) == sizeof line; ++seen) {
        reports[line.number] = line.has_ended;
        if (seen == lines) {
            ::kill(child, SIGKILL);
        }
    }
    ::close(pipe[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
}

struct Findings {
    std::size_t lost = 0;   ///< reported, and no row
    std::size_t wrong = 0;  ///< ended, and written as lost, or the other way round
    std::int64_t rows = 0;
    std::int64_t unaccounted = 0;  ///< rows without their attempts and events
};

/// The ledger against what was reported. A request whose end was not reported may have ended.
[[nodiscard]] Findings check(const std::filesystem::path& folder, const Reports& reports) {
    const auto database = open_real(folder);
    Findings findings;
    for (const auto& [number, has_ended] : reports) {
        const auto stored = request(database->session(), sample_id(number));
        if (!stored || *stored == nullptr) {
            ++findings.lost;
        } else if (has_ended && (*stored)->decoded.record.error_code == kGatewayDied) {
            ++findings.wrong;
        }
    }
    const auto count = [&](std::string_view statement) {
        const auto found = sql::select_one(
            database->session(), statement, {}, [](const sql::Row& row) { return row.integer(0); });
        return found && *found ? **found : -1;
    };
    findings.rows = count("SELECT count(*) FROM ai_request_log");
    findings.unaccounted = 2 * findings.rows - count("SELECT count(*) FROM ai_request_attempt") +
                           findings.rows - count("SELECT count(*) FROM cost_event");
    return findings;
}

TEST(JournalCrash, EveryAdmittedRequestHasOneRowWheneverTheProcessIsKilled) {
    const TemporaryFolder folder;
    Reports reports;
    std::mt19937_64 random{20'261'121};
    constexpr std::uint64_t kLives = 12;
    for (std::uint64_t life = 1; life <= kLives; ++life) {
        live_and_die<SpoolKeeper>(folder.path(), life, 1 + random() % 6'000, reports);
    }
    { const SpoolKeeper last_start{folder.path()}; }

    const Findings findings = check(folder.path(), reports);

    EXPECT_EQ(findings.lost, 0U);
    EXPECT_EQ(findings.wrong, 0U);
    EXPECT_GE(findings.rows, static_cast<std::int64_t>(reports.size()));
    EXPECT_LE(findings.rows, static_cast<std::int64_t>(reports.size() + kLives))
        << "at most one unreported admission a life";
    EXPECT_EQ(findings.unaccounted, 0);
    RecordProperty("requests", static_cast<int>(reports.size()));
}

TEST(JournalCrash, TheSameCheckFindsWhatRowsInMemoryLose) {
    const TemporaryFolder folder;
    Reports reports;

    live_and_die<MemoryKeeper>(folder.path(), 1, 1'500, reports);

    EXPECT_GT(check(folder.path(), reports).lost, 0U);
}

}  // namespace
}  // namespace pulse::storage
