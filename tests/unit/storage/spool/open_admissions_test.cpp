#include "storage/spool/open_admissions.h"

#include "tests/unit/storage/spool/spools.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

namespace pulse::storage {
namespace {

using tests::admit;
using tests::append;
using tests::kSegment;
using tests::open_spool;
using tests::read_all;
using tests::read_some;
using tests::sample_id;
using tests::sample_record;
using tests::settings_in;
using tests::TemporaryFolder;

using Numbers = std::set<std::uint64_t>;

/// Which of the sample ids are open.
[[nodiscard]] Numbers open_in(const Spool& spool) {
    Numbers numbers;
    for (const Spool::Entry& entry : spool.open_admissions(SIZE_MAX)) {
        const auto id = record_id(entry.payload);
        EXPECT_TRUE(id);
        std::uint64_t number = 0;
        for (std::size_t i = 10; i < 16; ++i) {
            number = number << 8U | id->bytes[i];
        }
        EXPECT_TRUE(numbers.insert(number).second);
    }
    return numbers;
}

[[nodiscard]] std::size_t files_ending(const std::filesystem::path& path, std::string_view end) {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator{path}) {
        files += entry.path().string().ends_with(end) ? 1U : 0U;
    }
    return files;
}

/// Appends records of requests that were never admitted, until some segments are full.
void fill(Spool& spool, std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t number = first; number < first + count; ++number) {
        append(spool.writer(0), number);
    }
}

TEST(OpenAdmissions, AreClosedByTheRowOfTheSameId) {
    const TemporaryFolder folder;
    const auto spool = open_spool(settings_in(folder.path()));
    admit(spool->writer(0), 1);
    admit(spool->writer(0), 2);
    append(spool->writer(0), 1);

    EXPECT_EQ(read_all(*spool), std::set<Uuid>{sample_id(1)});

    EXPECT_EQ(open_in(*spool), Numbers{2});
    EXPECT_EQ(spool->metrics().open, 1U);
    EXPECT_EQ(spool->metrics().records, 0U)
        << "an admission is no record that waits for the ledger";
}

TEST(OpenAdmissions, AreFoundAgainAfterACrashAlsoBeforeTheCheckpoint) {
    const TemporaryFolder folder;
    std::vector<SpoolPosition> checkpoint;
    {
        const auto earlier = open_spool(settings_in(folder.path()), 2);
        admit(earlier->writer(0), 1);
        admit(earlier->writer(0), 2);
        append(earlier->writer(0), 2);
        append(earlier->writer(0), 3);
        checkpoint = {read_some(*earlier, 10).back().position};
        admit(earlier->writer(1), 4);
        append(earlier->writer(1), 4);
        admit(earlier->writer(1), 5);
    }
    const auto spool = open_spool(settings_in(folder.path()));

    spool->resume(checkpoint);

    EXPECT_EQ(read_all(*spool), std::set<Uuid>{sample_id(4)});
    EXPECT_EQ(open_in(*spool), (Numbers{1, 5}));
}

TEST(OpenAdmissions, KeepTheirSegmentUntilTheyAreForgotten) {
    const TemporaryFolder folder;
    {
        const auto earlier = open_spool(settings_in(folder.path()));
        admit(earlier->writer(0), 1);
        fill(*earlier, 2, 3);
    }
    const auto spool = open_spool(settings_in(folder.path()));
    EXPECT_EQ(read_all(*spool).size(), 3U);
    EXPECT_EQ(open_in(*spool), Numbers{1});

    const auto open = spool->open_admissions(10);
    spool->forget_open(open);

    EXPECT_TRUE(spool->written({}));
    EXPECT_EQ(spool->delete_finished(Spool::Open::keep).size(), 1U);
}

TEST(OpenAdmissions, OfLongStreamsDoNotKeepWholeSegments) {
    const TemporaryFolder folder;
    const auto spool = open_spool(settings_in(folder.path()));
    for (std::uint64_t round = 0; round < 20; ++round) {
        admit(spool->writer(0), 1'000'000 + round);
        fill(*spool, 1'000 * round, 200);  // about 0.4 KiB each: more than a segment
        read_all(*spool, Spool::Open::carry);
    }

    EXPECT_EQ(open_in(*spool).size(), 20U);
    EXPECT_LE(spool->metrics().bytes, 5 * kSegment);

    for (std::uint64_t round = 0; round < 20; ++round) {
        append(spool->writer(0), 1'000'000 + round);
    }
    fill(*spool, 100'000, 200);
    EXPECT_EQ(read_all(*spool, Spool::Open::carry).size(), 220U);
    EXPECT_TRUE(open_in(*spool).empty());
    EXPECT_LE(spool->metrics().bytes, 3 * kSegment);
}

TEST(OpenAdmissions, ThatWereCarriedSurviveACrash) {
    const TemporaryFolder folder;
    {
        const auto earlier = open_spool(settings_in(folder.path()));
        admit(earlier->writer(0), 1'000'001);
        admit(earlier->writer(0), 1'000'002);
        fill(*earlier, 0, 400);
        read_all(*earlier, Spool::Open::carry);
        append(earlier->writer(0), 1'000'002);
    }
    const auto spool = open_spool(settings_in(folder.path()));
    spool->resume({});

    const std::set<Uuid> rows = read_all(*spool);

    EXPECT_TRUE(rows.contains(sample_id(1'000'002)));
    const Numbers open = open_in(*spool);
    EXPECT_TRUE(open.contains(1'000'001));
    EXPECT_LE(open.size(), 2U) << "a carried one may be met again behind its end: its row is there";
}

TEST(OpenAdmissions, AreNotCarriedForAProgramThatHasNotSettledThemYet) {
    const TemporaryFolder folder;
    const auto spool = open_spool(settings_in(folder.path()));
    admit(spool->writer(0), 1'000'001);
    fill(*spool, 0, 400);

    read_all(*spool, Spool::Open::keep);

    EXPECT_EQ(open_in(*spool), Numbers{1'000'001});
    const auto open = spool->open_admissions(1);
    EXPECT_TRUE(std::filesystem::exists(folder.path() / open.front().position.segment));
    EXPECT_FALSE(spool->delete_finished(Spool::Open::carry).empty());
    EXPECT_FALSE(std::filesystem::exists(folder.path() / open.front().position.segment));
}

TEST(Spool, KeepsRecordsOfAKindThatOnlyANewerProgramKnows) {
    const TemporaryFolder folder;
    {
        const auto earlier = open_spool(settings_in(folder.path()));
        append(earlier->writer(0), 1);
        append(earlier->writer(0), 2);
        append(earlier->writer(0), 3);
    }
    tests::rewrite_kind(folder.path(), sample_id(2), 77);
    {
        const auto spool = open_spool(settings_in(folder.path()));
        EXPECT_EQ(read_all(*spool), (std::set<Uuid>{sample_id(1), sample_id(3)}));
        EXPECT_EQ(spool->metrics().segments_left, 1U);
        EXPECT_EQ(spool->metrics().records, 0U);
    }
    EXPECT_EQ(files_ending(folder.path(), ".kept"), 1U);
    EXPECT_EQ(files_ending(folder.path(), ".segment"), 0U);

    tests::rewrite_kind(folder.path(), sample_id(2), 1);  // a program that knows it
    const auto newer = open_spool(settings_in(folder.path()));
    EXPECT_TRUE(read_all(*newer).contains(sample_id(2)));
    EXPECT_EQ(files_ending(folder.path(), ".kept"), 0U);
}

}  // namespace
}  // namespace pulse::storage
