#pragma once

#include "base/error.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage {

/// What precedes a record's payload: its size and the CRC-32C of size and payload. The size is
/// written last: 0 means that there is no record (yet).
struct FrameHead {
    std::uint32_t payload_bytes;
    std::uint32_t crc;
};

/// Room that a payload takes with its head; frames begin at multiples of 8.
[[nodiscard]] constexpr std::uint64_t frame_bytes(std::uint64_t payload_bytes) {
    return (sizeof(FrameHead) + payload_bytes + 7U) & ~std::uint64_t{7};
}

/// One file of the spool, mapped: a head of 64 bytes, then frames, then zeros. Its blocks are
/// allocated when it is created, so that a full disk shows there and never as a fault while a
/// record is written. Format: docs/formats/spool.md. Each group of members below belongs to the
/// thread it names.
class Segment {
public:
    static constexpr std::uint64_t kHeadBytes = 64;

    /// Errors: storage_unavailable, with path and reason; no file is left behind.
    [[nodiscard]] static Result<std::unique_ptr<Segment>> create(
        int directory, std::string name, std::uint64_t bytes);
    /// Opens what an earlier process left and finds its last whole record. Errors:
    /// storage_unavailable; corrupt_input when it is no segment, or one of a newer version.
    [[nodiscard]] static Result<std::unique_ptr<Segment>> adopt(int directory, std::string name);

    Segment(const Segment&) = delete;
    Segment& operator=(const Segment&) = delete;
    ~Segment();

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
    [[nodiscard]] char* at(std::uint64_t offset) { return data_ + offset; }
    /// The payload of the frame at `offset`, which is below published().
    [[nodiscard]] std::string_view payload(std::uint64_t offset) const;
    [[nodiscard]] std::uint64_t frames_between(std::uint64_t begin, std::uint64_t end) const;
    [[nodiscard]] bool is_frame_border(std::uint64_t offset) const;

    /// The end of the last whole record. Any thread.
    [[nodiscard]] std::uint64_t published() const {
        return published_.load(std::memory_order_acquire);
    }
    /// The same, ordered with the sync thread's flag (sync_thread.h).
    [[nodiscard]] std::uint64_t published_ordered() const { return published_.load(); }
    /// Where it ended for good, or 0 while its writer is at it. Any thread.
    [[nodiscard]] std::uint64_t sealed_end() const {
        return sealed_end_.load(std::memory_order_acquire);
    }

    /// The writer: takes the segment into use as the `turn`th, which is kept in its head.
    void take_into_use(std::uint64_t turn);
    [[nodiscard]] std::uint64_t turn() const;
    /// The writer: makes the payload at `offset + sizeof(FrameHead)` a record; returns the end of
    /// its frame.
    std::uint64_t publish(std::uint64_t offset, std::uint32_t payload_bytes);
    void seal() { sealed_end_.store(published(), std::memory_order_release); }

    /// The sync thread: makes what is published durable. False when the disk refuses.
    [[nodiscard]] bool sync();
    [[nodiscard]] bool is_synced() const { return synced_ == published_ordered(); }
    /// Any thread, of a sealed segment: makes all of it durable. False when the disk refuses.
    [[nodiscard]] bool flush() const;
    /// Gives the mapping's pages back; they stay in the page cache.
    void drop_pages();

    /// The reader: where it is, and whether it got to an end that was final before it set out.
    std::uint64_t read_to = kHeadBytes;
    bool is_read_through = false;
    /// Passed over; kept for the next start.
    bool is_left = false;
    /// It holds records of a kind that only a newer program knows: kept for that one.
    bool is_for_newer = false;
    /// It was made for admissions that outlived their segments.
    bool is_carrier = false;
    /// Of its admissions those that are open and lie in no later segment (open_admissions.h).
    std::uint64_t open_admissions = 0;
    /// The end of what is in the ledger. Written by the reader, read by any thread.
    std::atomic<std::uint64_t> written_to{kHeadBytes};

    /// Bytes behind the last whole record that looked like one when the segment was adopted.
    [[nodiscard]] bool had_torn_tail() const { return had_torn_tail_; }
    /// Whether the frame at `offset` has a wrong checksum: bytes went bad on the disk, since whole
    /// records stand behind it.
    [[nodiscard]] bool is_damaged(std::uint64_t offset) const;

private:
    Segment(std::string name, int file, char* data, std::uint64_t bytes);
    void write_head();
    [[nodiscard]] Result<void> check_head() const;
    [[nodiscard]] bool has_frame(std::uint64_t offset) const;
    [[nodiscard]] bool is_sound(std::uint64_t offset) const;
    void find_end();
    void prefault(std::uint64_t begin, std::uint64_t bytes);

    const std::string name_;
    const int file_;
    char* const data_;
    const std::uint64_t bytes_;
    std::atomic<std::uint64_t> published_{kHeadBytes};
    std::atomic<std::uint64_t> sealed_end_{0};
    std::uint64_t synced_ = kHeadBytes;
    bool had_torn_tail_ = false;
    std::vector<std::uint64_t> damaged_;  ///< offsets of frames, ascending
};

}  // namespace pulse::storage
