#include "storage/ledger_writer.h"
#include "storage/sqlite/connection.h"
#include "storage/tables/requests.h"
#include "tests/unit/storage/samples.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <vector>

namespace pulse::storage {
namespace {

using namespace std::chrono_literals;
using tests::sample_id;
using tests::sample_record;
using tests::TemporaryFolder;

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
            const auto stored = request(database->session(), sample_id(number));
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
