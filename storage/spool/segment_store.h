#pragma once

#include "base/assert.h"
#include "base/error.h"
#include "base/uuid.h"
#include "storage/spool/segment.h"
#include "storage/spool/spool.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace pulse::storage {

/// A file descriptor with an owner. Value; not thread-safe.
class FileDescriptor {
public:
    explicit FileDescriptor(int descriptor = -1) : descriptor_(descriptor) {}
    FileDescriptor(FileDescriptor&& other) noexcept;
    FileDescriptor& operator=(FileDescriptor&& other) noexcept;
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    ~FileDescriptor();
    [[nodiscard]] int get() const { return descriptor_; }

private:
    int descriptor_;
};

/// The spool's directory: held by one living process (flock on `lock`), its segments' files, and
/// the cap on their bytes. Names are version-7 ids, which never come again: a checkpoint in the
/// database cannot be mistaken for one of another segment. Thread-safe.
class SegmentStore {
public:
    /// Makes the directory (0700) and takes its lock. Errors: storage_unavailable, also when
    /// another process has it.
    [[nodiscard]] static Result<std::unique_ptr<SegmentStore>> open(const SpoolSettings& settings);

    SegmentStore(const SegmentStore&) = delete;
    SegmentStore& operator=(const SegmentStore&) = delete;
    ~SegmentStore() = default;

    /// What an earlier process left, oldest first; files without a record are deleted, files that
    /// are no segment of this version are left alone and logged. Call once.
    [[nodiscard]] std::vector<std::shared_ptr<Segment>> adopt();
    /// Errors: storage_unavailable when the disk or the cap is full.
    [[nodiscard]] Result<std::unique_ptr<Segment>> create();
    /// One for what moves out of segments that are deleted then: it may pass the cap until they
    /// are. Errors: storage_unavailable.
    [[nodiscard]] Result<std::unique_ptr<Segment>> create_beyond_cap(std::uint64_t bytes);
    /// A number that grows from segment to segment and from process to process: the order in which
    /// they come into use, which is not that of their names.
    [[nodiscard]] std::uint64_t next_turn() {
        return turn_.fetch_add(1, std::memory_order_relaxed);
    }
    void remove(const Segment& segment);
    /// Puts a segment out of reach of this program and its cap, for a newer one.
    void keep_for_newer(const Segment& segment);
    /// Makes creations and removals durable. False when the disk refuses.
    bool sync_directory();

    [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
    /// Files that are left alone: by adopt(), or for a newer program.
    [[nodiscard]] std::uint64_t left() const { return left_.load(std::memory_order_relaxed); }

private:
    SegmentStore(const SpoolSettings& settings, FileDescriptor directory, FileDescriptor lock);

    [[nodiscard]] Result<std::unique_ptr<Segment>> make(std::uint64_t bytes);
    [[nodiscard]] std::vector<std::string> names() const;
    void adopt_one(std::string name, std::vector<std::shared_ptr<Segment>>& segments);

    const std::filesystem::path path_;
    const std::uint64_t segment_bytes_;
    const std::uint64_t limit_bytes_;
    const FileDescriptor directory_;
    const FileDescriptor lock_;
    std::atomic<std::uint64_t> bytes_{0};
    std::atomic<std::uint64_t> left_{0};
    std::atomic<bool> directory_changed_{false};
    std::atomic<std::uint64_t> turn_;
    std::mutex names_mutex_;
    UuidGenerator names_ PULSE_GUARDED_BY(names_mutex_);
};

}  // namespace pulse::storage
