#include "storage/spool/segment_writer.h"

#include "base/assert.h"
#include "base/log.h"
#include "storage/detail/record_codec.h"

#include <string>
#include <utility>

namespace pulse::storage {
namespace {

/// How long a refusal of disk or cap stands before it is tried again: a refused request must stay
/// cheap.
constexpr std::chrono::milliseconds kRetryGrow{50};
constexpr std::chrono::milliseconds kRetryAfter{1'000};
constexpr std::chrono::minutes kBetweenAlarms{1};
constexpr std::uint64_t kSlotsWorthKeeping = 4;

void increment(std::atomic<std::uint64_t>& counter) {
    // One thread writes: no locked instruction.
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

}  // namespace

SegmentWriter::SegmentWriter(
    SegmentStore& store, SegmentList& segments, Doorbell& sync_bell, const SpoolSettings& settings)
    : store_(store),
      segments_(segments),
      sync_bell_(sync_bell),
      when_full_(settings.when_full),
      durability_(settings.durability) {}

SegmentWriter::~SegmentWriter() {
    if (const auto unused = spare_.take()) {
        store_.remove(*unused);
    }
    for (const auto& unused : ready_) {
        store_.remove(*unused);
    }
}

Result<void> SegmentWriter::reserve() {
    if (reserved_ >= slots_) {
        if (auto grown = grow(); !grown && when_full_ == WhenFull::block) {
            retire_useless();
            return grown;
        }
    }
    ++reserved_;
    return {};
}

void SegmentWriter::release() {
    PULSE_ASSERT(reserved_ > 0);
    --reserved_;
    retire_useless();
}

void SegmentWriter::append(const RequestRecord& record) {
    put(record, RecordKind::request);
}

void SegmentWriter::admit(const RequestRecord& row_if_lost) {
    put(row_if_lost, RecordKind::admission);
}

void SegmentWriter::put(const RequestRecord& record, RecordKind kind) {
    PULSE_ASSERT(reserved_ > 0);
    const std::size_t bound = detail::encoded_bound(record);
    const bool is_written =
        bound <= kRecordBytesMax
            ? write(record, kind, bound)
            : write(detail::CutRecord{record, kRecordBytesMax}.record(), kind, kRecordBytesMax);
    // Without its admission a request is no worse off than without a journal.
    if (!is_written && kind == RecordKind::request) {
        note_dropped();
    }
    --reserved_;
    retire_useless();
}

bool SegmentWriter::write(
    const RequestRecord& record, RecordKind kind, std::uint64_t payload_bytes_max) {
    if (!make_room(payload_bytes_max)) {
        return false;
    }
    char* const payload = current_->at(offset_ + sizeof(FrameHead));
    const char* const end = detail::encode_to(record, kind, payload);
    offset_ = current_->publish(offset_, static_cast<std::uint32_t>(end - payload));
    count_slots();
    increment(appended_);
    sync_bell_.ring();
    return true;
}

void SegmentWriter::note_dropped() {
    increment(dropped_);
    const auto now = std::chrono::steady_clock::now();
    if (now >= alarm_at_) {
        alarm_at_ = now + kBetweenAlarms;
        log_error(
            "spool: full, and store.spool.when_full is drop: rows of answered requests are lost",
            {{"dropped", std::to_string(dropped())}});
    }
}

void SegmentWriter::on_synced(Mark mark) {
    if (durability_ == Durability::power && mark > durable_.load(std::memory_order_relaxed)) {
        durable_.store(mark, std::memory_order_release);
        if (synced_) {
            synced_();
        }
    }
}

/// Moves on to the next segment where the payload does not fit into this one.
bool SegmentWriter::make_room(std::uint64_t payload_bytes) {
    if (current_ != nullptr && offset_ + frame_bytes(payload_bytes) <= current_->bytes()) {
        return true;
    }
    if (ready_.empty() && (when_full_ == WhenFull::block || !grow())) {
        PULSE_ASSERT(when_full_ == WhenFull::drop);  // reserve() made sure of the room
        return false;
    }
    if (current_ != nullptr) {
        current_->seal();
    }
    current_ = std::move(ready_.front());
    ready_.pop_front();
    current_->take_into_use(store_.next_turn());
    offset_ = Segment::kHeadBytes;
    segments_.add(current_);
    return true;
}

/// Adds one segment to those that are ready.
Result<void> SegmentWriter::grow() {
    std::unique_ptr<Segment> segment = spare_.take();
    if (segment == nullptr) {
        const auto now = std::chrono::steady_clock::now();
        if (failure_ && now < retry_at_) {
            return *failure_;
        }
        Result<std::unique_ptr<Segment>> created = store_.create();
        if (!created) {
            failure_ = created.error();
            failure_->with_retry_after(kRetryAfter);
            retry_at_ = now + kRetryGrow;
            return *failure_;
        }
        segment = std::move(*created);
    }
    failure_.reset();
    ready_.push_back(std::move(segment));
    count_slots();
    sync_bell_.ring();  // for the next spare
    return {};
}

/// Where there is no room for another segment, one that is all but full would stay for ever: it is
/// given up when nobody has room reserved in it, so that the reader can delete it and make room.
void SegmentWriter::retire_useless() {
    if (!failure_ || reserved_ > 0 || slots_ >= kSlotsWorthKeeping || current_ == nullptr) {
        return;
    }
    current_->seal();
    current_.reset();
    offset_ = 0;
    count_slots();
    sync_bell_.ring();
}

void SegmentWriter::count_slots() {
    slots_ = current_ == nullptr ? 0 : (current_->bytes() - offset_) / kFrameBytesMax;
    for (const auto& segment : ready_) {
        slots_ += (segment->bytes() - Segment::kHeadBytes) / kFrameBytesMax;
    }
}

}  // namespace pulse::storage
