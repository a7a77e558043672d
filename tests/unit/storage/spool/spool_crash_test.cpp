#include "storage/spool/spool.h"
#include "tests/unit/storage/samples.h"
#include "tests/unit/storage/spool/spools.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <set>

namespace pulse::storage {
namespace {

using tests::read_some;
using tests::sample_id;
using tests::sample_record;
using tests::TemporaryFolder;

[[nodiscard]] SpoolSettings settings_in(const std::filesystem::path& path) {
    SpoolSettings settings;
    settings.path = path;
    settings.segment_bytes = 256 * 1024;
    settings.limit_bytes = std::uint64_t{256} << 20;
    return settings;
}

/// Appends records until it is killed and reports each, once it is appended, by its number in the
/// pipe.
[[noreturn]] void append_until_killed(const std::filesystem::path& path, int acknowledge) {
    auto spool = Spool::open(settings_in(path), 1);
    if (!spool) {
        ::_exit(1);
    }
    for (std::uint64_t number = 0;; ++number) {
        if (!(*spool)->writer(0).reserve()) {
            ::_exit(2);
        }
        (*spool)->writer(0).append(sample_record(number));
        if (::write(acknowledge, &number, sizeof number) != sizeof number) {
            ::_exit(3);
        }
    }
}

/// Lets a child append for `acknowledged` records and more, kills it, and returns how many it
/// reported.
[[nodiscard]] std::uint64_t run_and_kill(
    const std::filesystem::path& path, std::uint64_t acknowledged) {
    int pipe[2] = {-1, -1};
    EXPECT_EQ(::pipe2(pipe, O_CLOEXEC), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        append_until_killed(path, pipe[1]);
    }
    ::close(pipe[1]);
    std::uint64_t number = 0;
    std::uint64_t reported = 0;
    while (::read(pipe[0], &number, sizeof number) == sizeof number) {
        reported = number + 1;
        if (reported == acknowledged) {
            ::kill(child, SIGKILL);
        }
    }
    ::close(pipe[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
    return reported;
}

TEST(SpoolCrash, KeepsEveryAcknowledgedRecordOverKillMinusNine) {
    for (const std::uint64_t acknowledged : {1U, 100U, 777U, 5'000U, 20'000U}) {
        const TemporaryFolder folder;

        const std::uint64_t reported = run_and_kill(folder.path(), acknowledged);

        const auto spool = Spool::open(settings_in(folder.path()), 1);
        ASSERT_TRUE(spool);
        auto decoded = std::make_unique<DecodedRecord>();
        std::uint64_t next = 0;
        for (auto entries = read_some(**spool, 1'000); !entries.empty();
             entries = read_some(**spool, 1'000)) {
            for (const Spool::Entry& entry : entries) {
                ASSERT_TRUE(decode(entry.payload, *decoded));
                ASSERT_EQ(decoded->record.id, sample_id(next));
                ++next;
            }
        }
        EXPECT_GE(next, reported);
        EXPECT_LE(next, reported + 1) << "the one record that was appended and not yet reported";
    }
}

TEST(SpoolCrash, LetsTheNextProcessHaveTheDirectoryOfADeadOne) {
    const TemporaryFolder folder;

    for (int life = 0; life < 3; ++life) {
        EXPECT_GE(run_and_kill(folder.path(), 10), 10U);
    }

    const auto spool = Spool::open(settings_in(folder.path()), 1);
    ASSERT_TRUE(spool);
    EXPECT_GE(read_some(**spool, 1'000).size(), 30U);
}

}  // namespace
}  // namespace pulse::storage
