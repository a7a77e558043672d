#include "storage/spool/spool.h"
#include "tests/unit/storage/spool/spools.h"

#include <gtest/gtest.h>
#include <sys/mount.h>

#include <filesystem>
#include <string>
#include <thread>

namespace pulse::storage {
namespace {

using tests::append;
using tests::kSegment;
using tests::open_spool;
using tests::read_all;
using tests::sample_id;
using tests::sample_record;
using tests::settings_in;
using tests::TemporaryFolder;

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

/// A file system of 256 KiB, for as long as the test runs.
class SmallDisk {
public:
    explicit SmallDisk(const std::filesystem::path& path, const char* size = "size=256k")
        : path_(path) {
        std::filesystem::create_directory(path);
        mounted_ = ::mount("tmpfs", path.c_str(), "tmpfs", 0, size) == 0;
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

TEST(Spool, RecoversOnADiskThatHasRoomForNothingButTheSegmentInUse) {
    const TemporaryFolder folder;
    const SmallDisk disk{folder / "disk", "size=96k"};
    if (!disk.is_mounted()) {
        GTEST_SKIP() << "mounting a tmpfs needs root";
    }
    const auto spool = open_spool(settings_in(folder / "disk"));
    SpoolWriter& writer = spool->writer(0);

    // As the gateway does it: room for two records a request, which may find room for one.
    std::uint64_t written = 0;
    for (int round = 0; round < 3; ++round) {
        while (true) {
            if (!writer.reserve()) {
                break;
            }
            if (!writer.reserve()) {
                writer.release();
                break;
            }
            writer.release();
            writer.append(sample_record(written++));
        }
        std::size_t read = 0;
        Result<void> reserved = Error{Errc::overloaded};
        for (int tries = 0; tries < 500 && !reserved; ++tries) {
            read += read_all(*spool).size();
            std::this_thread::sleep_for(std::chrono::milliseconds{10});
            reserved = writer.reserve();
        }
        ASSERT_TRUE(reserved) << "round " << round << ": " << reserved.error().detail();
        writer.release();
        EXPECT_GT(read, 50U);
    }
}

}  // namespace
}  // namespace pulse::storage
