#include "storage/spool/spool.h"

#include "storage/spool/segment.h"
#include "tests/unit/storage/spool/spools.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace pulse::storage {
namespace {

using namespace std::chrono_literals;
using tests::append;
using tests::kSegment;
using tests::open_spool;
using tests::read_all;
using tests::read_some;
using tests::sample_id;
using tests::sample_record;
using tests::settings_in;
using tests::TemporaryFolder;

[[nodiscard]] std::size_t segment_files(const std::filesystem::path& path) {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator{path}) {
        files += entry.path().extension() == ".segment" ? 1U : 0U;
    }
    return files;
}

/// The one segment that holds records, after the spool that wrote it is closed.
[[nodiscard]] std::filesystem::path only_segment(const std::filesystem::path& path) {
    for (const auto& entry : std::filesystem::directory_iterator{path}) {
        if (entry.path().extension() == ".segment") {
            return entry.path();
        }
    }
    return {};
}

TEST(Spool, HandsOutWhatWasAppendedInOrder) {
    const TemporaryFolder folder;
    const auto spool = open_spool(settings_in(folder.path()));
    append(spool->writer(0), 1);
    append(spool->writer(0), 2);

    const std::vector<Spool::Entry> entries = read_some(*spool, 10);

    ASSERT_EQ(entries.size(), 2U);
    DecodedRecord decoded;
    ASSERT_TRUE(decode(entries[0].payload, decoded));
    EXPECT_EQ(decoded.record.id, sample_id(1));
    EXPECT_EQ(decoded.record.price_version, sample_record().price_version);
    ASSERT_TRUE(decode(entries[1].payload, decoded));
    EXPECT_EQ(decoded.record.id, sample_id(2));
    EXPECT_TRUE(read_some(*spool, 10).empty());
}

TEST(Spool, ReadsTheSegmentsOfEveryWorker) {
    const TemporaryFolder folder;
    const auto spool = open_spool(settings_in(folder.path()), 3);
    append(spool->writer(0), 1);
    append(spool->writer(1), 2);
    append(spool->writer(2), 3);

    EXPECT_EQ(read_all(*spool), (std::set<Uuid>{sample_id(1), sample_id(2), sample_id(3)}));
}

TEST(Spool, DeletesASegmentWhenItsRecordsAreSafeAndNotBefore) {
    const TemporaryFolder folder;
    const auto spool = open_spool(settings_in(folder.path()));
    for (std::uint64_t i = 0; i < 600; ++i) {  // about 0.4 KiB each: four segments
        append(spool->writer(0), i);
    }
    std::vector<Spool::Entry> entries = read_some(*spool, 1'000);
    ASSERT_EQ(entries.size(), 600U);

    EXPECT_FALSE(spool->written({}));
    EXPECT_FALSE(spool->written({entries.back().position, entries.front().position}))
        << "the first segment is written up to its first record only";
    EXPECT_TRUE(spool->delete_finished(Spool::Open::keep).empty());
    std::vector<SpoolPosition> ends;
    for (const Spool::Entry& entry : entries) {
        ends.push_back(entry.position);
    }
    EXPECT_TRUE(spool->written(ends));
    for (const SpoolPosition& end : ends) {
        EXPECT_TRUE(std::filesystem::exists(folder.path() / end.segment))
            << "not before they are durable";
    }
    const std::vector<std::string> deleted = spool->delete_finished(Spool::Open::keep);

    EXPECT_GE(deleted.size(), 2U);
    for (const std::string& segment : deleted) {
        EXPECT_FALSE(std::filesystem::exists(folder.path() / segment));
    }
    EXPECT_EQ(spool->metrics().records, 0U);
}

TEST(Spool, KeepsASegmentThatIsStillWrittenTo) {
    const TemporaryFolder folder;
    const auto spool = open_spool(settings_in(folder.path()));
    append(spool->writer(0), 1);
    EXPECT_EQ(read_all(*spool).size(), 1U);

    append(spool->writer(0), 2);

    EXPECT_EQ(read_all(*spool), std::set<Uuid>{sample_id(2)});
}

TEST(Spool, AdoptsWhatAnEarlierProcessLeft) {
    const TemporaryFolder folder;
    {
        const auto earlier = open_spool(settings_in(folder.path()), 2);
        append(earlier->writer(0), 1);
        append(earlier->writer(1), 2);
    }

    const auto spool = open_spool(settings_in(folder.path()));
    append(spool->writer(0), 3);

    EXPECT_EQ(spool->metrics().records, 3U);
    EXPECT_GT(spool->metrics().oldest_seconds, 0);
    EXPECT_EQ(read_all(*spool), (std::set<Uuid>{sample_id(1), sample_id(2), sample_id(3)}));
    EXPECT_EQ(spool->metrics().records, 0U);
}

TEST(Spool, ResumesBehindTheCheckpoint) {
    const TemporaryFolder folder;
    SpoolPosition checkpoint;
    {
        const auto earlier = open_spool(settings_in(folder.path()));
        append(earlier->writer(0), 1);
        append(earlier->writer(0), 2);
        checkpoint = read_some(*earlier, 1).front().position;
    }
    const auto spool = open_spool(settings_in(folder.path()));

    spool->resume({checkpoint, {"another.segment", 128}});

    EXPECT_EQ(read_all(*spool), std::set<Uuid>{sample_id(2)});
}

TEST(Spool, IgnoresACheckpointThatIsNoRecordsEnd) {
    const TemporaryFolder folder;
    SpoolPosition checkpoint;
    {
        const auto earlier = open_spool(settings_in(folder.path()));
        append(earlier->writer(0), 1);
        append(earlier->writer(0), 2);
        checkpoint = read_some(*earlier, 1).front().position;
    }
    const auto spool = open_spool(settings_in(folder.path()));

    spool->resume({{checkpoint.segment, checkpoint.offset - 8}});

    EXPECT_EQ(read_all(*spool).size(), 2U);
}

TEST(Spool, GivesBackAnAdoptedSegmentThatWasWrittenBefore) {
    const TemporaryFolder folder;
    SpoolPosition checkpoint;
    {
        const auto earlier = open_spool(settings_in(folder.path()));
        append(earlier->writer(0), 1);
        checkpoint = read_some(*earlier, 1).front().position;
    }
    const auto spool = open_spool(settings_in(folder.path()));
    spool->resume({checkpoint});

    EXPECT_TRUE(read_some(*spool, 10).empty());

    EXPECT_TRUE(spool->written({}));
    EXPECT_EQ(
        spool->delete_finished(Spool::Open::keep), std::vector<std::string>{checkpoint.segment});
}

TEST(Spool, LeavesNoFileOfSegmentsThatWereNeverUsed) {
    const TemporaryFolder folder;
    { const auto spool = open_spool(settings_in(folder.path()), 4); }

    EXPECT_EQ(segment_files(folder.path()), 0U);
}

TEST(Spool, CutsOffATornTail) {
    const TemporaryFolder folder;
    {
        const auto earlier = open_spool(settings_in(folder.path()));
        append(earlier->writer(0), 1);
        append(earlier->writer(0), 2);
    }
    const std::filesystem::path segment = only_segment(folder.path());
    std::string bytes(kSegment, '\0');
    std::ifstream{segment, std::ios::binary}.read(
        bytes.data(), static_cast<std::streamsize>(kSegment));
    const std::size_t last = bytes.find_last_not_of('\0');
    std::fstream{segment, std::ios::binary | std::ios::in | std::ios::out}
        .seekp(static_cast<std::streamoff>(last))
        .put('\x7f');

    const auto spool = open_spool(settings_in(folder.path()));

    EXPECT_EQ(read_all(*spool), std::set<Uuid>{sample_id(1)});
    EXPECT_EQ(spool->metrics().records, 0U);
}

/// Changes one byte of the text that stands `nth` (from 0) in a segment.
void damage(const std::filesystem::path& segment, const std::string& text, int nth) {
    std::string bytes(kSegment, '\0');
    std::ifstream{segment, std::ios::binary}.read(
        bytes.data(), static_cast<std::streamsize>(kSegment));
    std::size_t at = bytes.find(text);
    for (; nth > 0; --nth) {
        at = bytes.find(text, at + 1);
    }
    ASSERT_NE(at, std::string::npos);
    std::fstream{segment, std::ios::binary | std::ios::in | std::ios::out}
        .seekp(static_cast<std::streamoff>(at))
        .put('\x7f');
}

TEST(Spool, HandsOutWhatStandsBehindADamagedRecord) {
    const TemporaryFolder folder;
    {
        const auto earlier = open_spool(settings_in(folder.path()));
        for (std::uint64_t number = 1; number <= 5; ++number) {
            append(earlier->writer(0), number);
        }
    }
    damage(only_segment(folder.path()), "visitor-77", 1);  // of the second record
    damage(only_segment(folder.path()), "visitor-77", 1);  // of the third
    damage(only_segment(folder.path()), "visitor-77", 2);  // of the fifth: a torn tail

    const auto spool = open_spool(settings_in(folder.path()));
    const std::vector<Spool::Entry> entries = read_some(*spool, 10);

    EXPECT_EQ(spool->metrics().records, 4U);
    std::string which;
    for (const Spool::Entry& entry : entries) {
        which.push_back(entry.is_damaged ? 'x' : '.');
    }
    EXPECT_EQ(which, ".xx.");
}

TEST(Spool, PassesOverASegmentThatIsLeft) {
    const TemporaryFolder folder;
    {
        const auto earlier = open_spool(settings_in(folder.path()));
        append(earlier->writer(0), 1);
    }
    const std::filesystem::path left = only_segment(folder.path());
    {
        const auto spool = open_spool(settings_in(folder.path()));
        append(spool->writer(0), 2);
        spool->leave(left.filename().string());

        EXPECT_EQ(read_all(*spool), std::set<Uuid>{sample_id(2)});
        EXPECT_EQ(spool->metrics().segments_left, 1U);
        EXPECT_EQ(spool->metrics().records, 1U);
        const auto begin = std::chrono::steady_clock::now();
        spool->wait(50ms);
        EXPECT_GE(std::chrono::steady_clock::now() - begin, 50ms) << "there is nothing to read";
    }

    const auto spool = open_spool(settings_in(folder.path()));
    EXPECT_TRUE(read_all(*spool).contains(sample_id(1)));
}

TEST(Spool, KeepsTheOrderOfProcessesThoughTheClockWentBack) {
    const TemporaryFolder folder;
    {
        const auto earlier = open_spool(settings_in(folder.path()));
        append(earlier->writer(0), 1);
    }
    const std::uint64_t turn = std::uint64_t{1} << 62U;  // of a clock that was far ahead
    std::fstream{only_segment(folder.path()), std::ios::binary | std::ios::in | std::ios::out}
        .seekp(24)
        .write(reinterpret_cast<const char*>(&turn), sizeof turn);
    {
        const auto later = open_spool(settings_in(folder.path()));
        append(later->writer(0), 2);
    }

    const auto spool = open_spool(settings_in(folder.path()));
    const std::vector<Spool::Entry> entries = read_some(*spool, 10);

    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(record_id(entries[0].payload), sample_id(1));
    EXPECT_EQ(record_id(entries[1].payload), sample_id(2));
}

TEST(Spool, SaysWhatOutlivesAPowerCut) {
    const TemporaryFolder folder;
    SpoolSettings settings = settings_in(folder.path());
    settings.durability = Durability::power;
    const auto spool = open_spool(settings);
    SpoolWriter& writer = spool->writer(0);
    std::atomic<int> syncs{0};
    writer.notify([&syncs] {
        ++syncs;
        syncs.notify_all();
    });
    EXPECT_TRUE(writer.is_safe(writer.mark())) << "nothing was appended";

    append(writer, 1);
    const SpoolWriter::Mark mark = writer.mark();
    syncs.wait(0);

    EXPECT_TRUE(writer.is_safe(mark));
    EXPECT_FALSE(writer.is_safe(mark + 1));
}

TEST(Spool, SurvivesAnySizeInATornHead) {
    for (const std::uint32_t size : {1U, 8'192U, 8'193U, 65'000U, 0x7fffffffU, 0xffffffffU}) {
        const TemporaryFolder folder;
        {
            const auto earlier = open_spool(settings_in(folder.path()));
            append(earlier->writer(0), 1);
        }
        const auto begin = static_cast<std::streamoff>(Segment::kHeadBytes);
        std::fstream{only_segment(folder.path()), std::ios::binary | std::ios::in | std::ios::out}
            .seekp(begin)
            .write(reinterpret_cast<const char*>(&size), sizeof size);

        const auto spool = open_spool(settings_in(folder.path()));

        EXPECT_TRUE(read_all(*spool).empty()) << size;
    }
}

TEST(Spool, LeavesFilesAloneThatItDoesNotKnow) {
    const TemporaryFolder folder;
    std::ofstream{folder / "x.segment"} << std::string(4'096, 'x');
    std::ofstream{folder / "short.segment"} << "PULSPOOL";
    std::ofstream{folder / "made_and_no_more.segment"} << "";

    const auto spool = open_spool(settings_in(folder.path()));

    EXPECT_TRUE(read_all(*spool).empty());
    EXPECT_EQ(spool->metrics().segments_left, 2U);
    EXPECT_TRUE(std::filesystem::exists(folder / "x.segment"));
    EXPECT_TRUE(std::filesystem::exists(folder / "short.segment"));
    EXPECT_FALSE(std::filesystem::exists(folder / "made_and_no_more.segment"));
}

TEST(Spool, RefusesADirectoryThatIsInUse) {
    const TemporaryFolder folder;
    const auto first = open_spool(settings_in(folder.path()));

    const Result<std::unique_ptr<Spool>> second = Spool::open(settings_in(folder.path()), 1);

    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), Errc::storage_unavailable);
    EXPECT_NE(second.error().detail().find(std::to_string(::getpid())), std::string::npos);
}

TEST(Spool, MakesItsDirectoryForItsOwnerOnly) {
    const TemporaryFolder folder;
    const auto spool = open_spool(settings_in(folder / "made"));
    struct stat status {};

    ASSERT_EQ(::stat((folder / "made").c_str(), &status), 0);

    EXPECT_EQ(status.st_mode & 0777U, 0700U);
}

TEST(Spool, SaysWhyItCannotOpen) {
    const Result<std::unique_ptr<Spool>> spool = Spool::open(settings_in("/proc/pulse-spool"), 1);

    ASSERT_FALSE(spool);
    EXPECT_EQ(spool.error().code(), Errc::storage_unavailable);
    EXPECT_NE(spool.error().detail().find("/proc/pulse-spool"), std::string::npos);
}

TEST(Spool, WakesAReaderThatWaits) {
    const TemporaryFolder folder;
    const auto spool = open_spool(settings_in(folder.path()));
    spool->wait(300ms);  // long enough for the sync thread to go to sleep
    std::thread worker{[&] {
        append(spool->writer(0), 1);
    }};

    const auto begin = std::chrono::steady_clock::now();
    spool->wait(60s);

    EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
    worker.join();
    EXPECT_EQ(read_some(*spool, 10).size(), 1U);
}

TEST(Spool, LosesNothingWhileItIsReadAndWrittenAtOnce) {
    constexpr std::uint64_t kRecords = 20'000;
    const TemporaryFolder folder;
    SpoolSettings settings = settings_in(folder.path());
    settings.sync_interval = 1ms;
    const auto spool = open_spool(settings, 2);
    const auto work = [&](std::size_t worker) {
        for (std::uint64_t i = 0; i < kRecords;) {
            if (spool->writer(worker).reserve()) {  // refused while the reader is behind by the cap
                spool->writer(worker).append(sample_record(worker * kRecords + i++));
            }
        }
    };
    std::thread first{work, 0U};
    std::thread second{work, 1U};

    std::set<Uuid> seen;
    while (seen.size() < 2 * kRecords) {
        spool->wait(10ms);
        seen.merge(read_all(*spool));
    }

    first.join();
    second.join();
    EXPECT_EQ(spool->metrics().records, 0U);
    EXPECT_TRUE(read_some(*spool, 10).empty());
}

}  // namespace
}  // namespace pulse::storage
