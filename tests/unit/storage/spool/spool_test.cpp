#include "storage/spool/spool.h"

#include "storage/spool/segment.h"
#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace pulse::storage {
namespace {

using namespace std::chrono_literals;
using tests::sample_id;
using tests::sample_record;
using tests::TemporaryFolder;

constexpr std::uint64_t kSegment = 64 * 1024;

[[nodiscard]] SpoolSettings settings_in(const std::filesystem::path& path) {
    SpoolSettings settings;
    settings.path = path;
    settings.segment_bytes = kSegment;
    settings.limit_bytes = 64 * kSegment;
    return settings;
}

[[nodiscard]] std::unique_ptr<Spool> open_spool(
    const SpoolSettings& settings, std::size_t workers = 1) {
    Result<std::unique_ptr<Spool>> spool = Spool::open(settings, workers);
    EXPECT_TRUE(spool) << (spool ? "" : spool.error().detail());
    return spool ? std::move(*spool) : nullptr;
}

void append(SpoolWriter& writer, std::uint64_t number) {
    ASSERT_TRUE(writer.reserve());
    writer.append(sample_record(number));
}

[[nodiscard]] std::set<Uuid> read_all(Spool& spool) {
    std::set<Uuid> ids;
    auto decoded = std::make_unique<DecodedRecord>();
    for (auto entries = spool.read(100); !entries.empty(); entries = spool.read(100)) {
        std::vector<SpoolPosition> ends;
        for (const Spool::Entry& entry : entries) {
            EXPECT_TRUE(decode(entry.payload, *decoded));
            EXPECT_TRUE(ids.insert(decoded->record.id).second);
            ends.push_back(entry.position);
        }
        spool.finish(ends);
    }
    spool.finish({});
    return ids;
}

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

    const std::vector<Spool::Entry> entries = spool->read(10);

    ASSERT_EQ(entries.size(), 2U);
    DecodedRecord decoded;
    ASSERT_TRUE(decode(entries[0].payload, decoded));
    EXPECT_EQ(decoded.record.id, sample_id(1));
    EXPECT_EQ(decoded.record.price_version, sample_record().price_version);
    ASSERT_TRUE(decode(entries[1].payload, decoded));
    EXPECT_EQ(decoded.record.id, sample_id(2));
    EXPECT_TRUE(spool->read(10).empty());
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
    const std::size_t before = segment_files(folder.path());
    std::vector<Spool::Entry> entries = spool->read(1'000);
    ASSERT_EQ(entries.size(), 600U);

    EXPECT_TRUE(spool->finish({}).empty());
    const std::vector<std::string> gone =
        spool->finish({entries.back().position, entries.front().position});
    EXPECT_TRUE(gone.empty()) << "the first segment is safe up to its first record only";
    std::vector<SpoolPosition> ends;
    for (const Spool::Entry& entry : entries) {
        ends.push_back(entry.position);
    }
    EXPECT_GE(spool->finish(ends).size(), 2U);

    EXPECT_LT(segment_files(folder.path()), before);
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
        checkpoint = earlier->read(1).front().position;
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
        checkpoint = earlier->read(1).front().position;
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
        checkpoint = earlier->read(1).front().position;
    }
    const auto spool = open_spool(settings_in(folder.path()));
    spool->resume({checkpoint});

    EXPECT_TRUE(spool->read(10).empty());

    EXPECT_EQ(spool->finish({}), std::vector<std::string>{checkpoint.segment});
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

    const auto spool = open_spool(settings_in(folder.path()));

    EXPECT_TRUE(read_all(*spool).empty());
    EXPECT_TRUE(std::filesystem::exists(folder / "x.segment"));
    EXPECT_TRUE(std::filesystem::exists(folder / "short.segment"));
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

TEST(SpoolWriter, RefusesReservationsBeyondTheCapAndRecovers) {
    const TemporaryFolder folder;
    SpoolSettings settings = settings_in(folder.path());
    settings.limit_bytes = 2 * kSegment;
    const auto spool = open_spool(settings);
    SpoolWriter& writer = spool->writer(0);

    std::uint64_t appended = 0;
    Result<void> reserved = writer.reserve();
    for (; reserved && appended < 10'000; reserved = writer.reserve()) {
        writer.append(sample_record(appended++));
    }

    ASSERT_FALSE(reserved);
    EXPECT_EQ(reserved.error().code(), Errc::storage_unavailable);
    EXPECT_TRUE(reserved.error().retry_after());
    EXPECT_LE(spool->metrics().bytes, settings.limit_bytes);
    EXPECT_EQ(spool->metrics().records, appended);
    EXPECT_EQ(read_all(*spool).size(), appended);
    while (!writer.reserve()) {  // a refusal stands for a moment
        std::this_thread::yield();
    }
    writer.append(sample_record(appended));
    EXPECT_EQ(read_all(*spool).size(), 1U);
}

TEST(SpoolWriter, HasRoomForWhatWasReservedHoweverLargeTheRecords) {
    const TemporaryFolder folder;
    SpoolSettings settings = settings_in(folder.path());
    settings.limit_bytes = 8 * kSegment;
    const auto spool = open_spool(settings);
    SpoolWriter& writer = spool->writer(0);
    const std::string text(20'000, 'x');
    RequestRecord record = sample_record();
    record.model_requested = text;

    std::uint64_t reserved = 0;
    while (reserved < 10'000 && writer.reserve()) {
        ++reserved;
    }
    for (std::uint64_t i = 0; i < reserved; ++i) {
        record.id = sample_id(i);
        writer.append(record);
    }

    EXPECT_GE(reserved, 7U * 7U);
    EXPECT_EQ(read_all(*spool).size(), reserved);
}

TEST(SpoolWriter, TakesBackRoomThatWasNotUsed) {
    const TemporaryFolder folder;
    SpoolSettings settings = settings_in(folder.path());
    settings.limit_bytes = 2 * kSegment;
    const auto spool = open_spool(settings);
    SpoolWriter& writer = spool->writer(0);

    for (int i = 0; i < 10'000; ++i) {
        ASSERT_TRUE(writer.reserve());
        writer.release();
    }

    EXPECT_EQ(spool->metrics().records, 0U);
}

TEST(SpoolWriter, DropsAndCountsWhenToldTo) {
    const TemporaryFolder folder;
    SpoolSettings settings = settings_in(folder.path());
    settings.limit_bytes = 2 * kSegment;
    settings.when_full = WhenFull::drop;
    const auto spool = open_spool(settings);

    for (std::uint64_t i = 0; i < 1'000; ++i) {
        append(spool->writer(0), i);
    }

    const SpoolMetrics metrics = spool->metrics();
    EXPECT_GT(metrics.dropped, 0U);
    EXPECT_EQ(metrics.dropped + metrics.records, 1'000U);
    EXPECT_EQ(read_all(*spool).size(), 1'000U - metrics.dropped);
}

TEST(Spool, RefusesALimitThatLeavesWorkersWithoutRoom) {
    const TemporaryFolder folder;
    SpoolSettings settings = settings_in(folder.path());
    settings.limit_bytes = 2 * kSegment;

    const Result<std::unique_ptr<Spool>> spool = Spool::open(settings, 2);

    ASSERT_FALSE(spool);
    EXPECT_NE(spool.error().detail().find("store.spool.limit"), std::string::npos);
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
    EXPECT_EQ(spool->read(10).size(), 1U);
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
    EXPECT_TRUE(spool->read(10).empty());
}

/// A file system of 256 KiB, for as long as the test runs.
class SmallDisk {
public:
    explicit SmallDisk(const std::filesystem::path& path) : path_(path) {
        std::filesystem::create_directory(path);
        mounted_ = ::mount("tmpfs", path.c_str(), "tmpfs", 0, "size=256k") == 0;
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    ~SmallDisk() {
        if (mounted_) {
            ::umount2(path_.c_str(), MNT_DETACH);
        }
    }
    [[nodiscard]] bool is_mounted() const { return mounted_; }

private:
    std::filesystem::path path_;
    bool mounted_ = false;
};

TEST(Spool, RefusesOnAFullDiskLosesNothingAndRecovers) {
    const TemporaryFolder folder;
    const SmallDisk disk{folder / "disk"};
    if (!disk.is_mounted()) {
        GTEST_SKIP() << "mounting a tmpfs needs root";
    }
    const auto spool = open_spool(settings_in(folder / "disk"));
    SpoolWriter& writer = spool->writer(0);

    std::uint64_t appended = 0;
    Result<void> reserved = writer.reserve();
    for (; reserved && appended < 10'000; reserved = writer.reserve()) {
        writer.append(sample_record(appended++));
    }

    ASSERT_FALSE(reserved);
    EXPECT_EQ(reserved.error().code(), Errc::storage_unavailable);
    EXPECT_NE(reserved.error().detail().find("No space left"), std::string::npos);
    EXPECT_EQ(read_all(*spool).size(), appended);
    while (!writer.reserve()) {
        std::this_thread::yield();
    }
    writer.append(sample_record(appended));
    EXPECT_EQ(read_all(*spool).size(), 1U);
}

}  // namespace
}  // namespace pulse::storage
