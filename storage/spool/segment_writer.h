#pragma once

#include "storage/spool/doorbell.h"
#include "storage/spool/segment.h"
#include "storage/spool/segment_list.h"
#include "storage/spool/segment_store.h"
#include "storage/spool/spool.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace pulse::storage {

/// Holds one empty segment that the sync thread made ahead, so that the worker need not.
/// Thread-safe: one puts, one takes.
class SpareSlot {
public:
    SpareSlot() = default;
    SpareSlot(const SpareSlot&) = delete;
    SpareSlot& operator=(const SpareSlot&) = delete;
    ~SpareSlot() { delete segment_.load(); }

    [[nodiscard]] bool is_empty() const {
        return segment_.load(std::memory_order_acquire) == nullptr;
    }
    void put(std::unique_ptr<Segment> segment) {
        segment_.store(segment.release(), std::memory_order_release);
    }
    [[nodiscard]] std::unique_ptr<Segment> take() {
        return std::unique_ptr<Segment>{segment_.exchange(nullptr, std::memory_order_acq_rel)};
    }

private:
    std::atomic<Segment*> segment_{nullptr};
};

/// Writes one worker's records, one segment after the other. Reservations are counted in slots: a
/// slot is room for the largest record, so that as many records as there are slots fit whatever
/// their sizes. Invariant with WhenFull::block: reserved ≤ slots. Lives on one worker; the counters
/// may be read by any thread.
class SegmentWriter final : public SpoolWriter {
public:
    static constexpr std::uint64_t kFrameBytesMax = frame_bytes(kRecordBytesMax);

    SegmentWriter(
        SegmentStore& store,
        SegmentList& segments,
        Doorbell& sync_bell,
        const SpoolSettings& settings);
    SegmentWriter(const SegmentWriter&) = delete;
    SegmentWriter& operator=(const SegmentWriter&) = delete;
    /// Deletes the segments that were never written to.
    ~SegmentWriter() override;

    [[nodiscard]] Result<void> reserve() override;
    void release() override;
    void append(const RequestRecord& record) override;
    void admit(const RequestRecord& row_if_lost) override;
    [[nodiscard]] Mark mark() const override { return appended(); }
    [[nodiscard]] bool is_safe(Mark mark) const override {
        return durability_ == Durability::process ||
               mark <= durable_.load(std::memory_order_acquire);
    }
    void notify(std::function<void()> synced) override { synced_ = std::move(synced); }

    /// The sync thread, with what mark() was before the sync: that much is durable now.
    void on_synced(Mark mark);

    [[nodiscard]] SpareSlot& spare() { return spare_; }
    /// Records, admissions among them. Read before a sync, it says what that sync covers.
    [[nodiscard]] std::uint64_t appended() const {
        return appended_.load(std::memory_order_acquire);
    }
    [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

private:
    [[nodiscard]] Result<void> grow();
    [[nodiscard]] bool make_room(std::uint64_t payload_bytes);
    void put(const RequestRecord& record, RecordKind kind);
    [[nodiscard]] bool write(
        const RequestRecord& record, RecordKind kind, std::uint64_t payload_bytes_max);
    void note_dropped();
    void count_slots();
    void retire_useless();

    SegmentStore& store_;
    SegmentList& segments_;
    Doorbell& sync_bell_;
    const WhenFull when_full_;
    const Durability durability_;

    std::shared_ptr<Segment> current_;
    std::uint64_t offset_ = 0;
    std::deque<std::unique_ptr<Segment>>
        ready_;  ///< bounded by the reservations and the spool's cap
    std::uint64_t slots_ = 0;
    std::uint64_t reserved_ = 0;
    std::optional<Error> failure_;  ///< of the last attempt to grow, repeated until `retry_at_`
    std::chrono::steady_clock::time_point retry_at_;

    SpareSlot spare_;
    std::atomic<std::uint64_t> appended_{0};
    std::atomic<std::uint64_t> dropped_{0};
    std::chrono::steady_clock::time_point alarm_at_;  ///< dropped records are logged from then on
    std::atomic<std::uint64_t> durable_{0};           ///< of appended_, with Durability::power
    std::function<void()> synced_;
};

}  // namespace pulse::storage
