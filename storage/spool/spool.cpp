#include "storage/spool/spool.h"

#include "base/clock.h"
#include "base/log.h"
#include "storage/spool/doorbell.h"
#include "storage/spool/open_admissions.h"
#include "storage/spool/segment_list.h"
#include "storage/spool/segment_store.h"
#include "storage/spool/segment_writer.h"
#include "storage/spool/sync_thread.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace pulse::storage {
namespace {

/// Room for a few of the largest records.
constexpr std::uint64_t kSegmentBytesMin = 65'536;
constexpr std::uint64_t kSegmentBytesMax = std::uint64_t{1} << 30;
constexpr std::uint64_t kPageBytes = 4'096;

class SegmentedSpool final : public Spool {
public:
    SegmentedSpool(
        std::unique_ptr<SegmentStore> store, const SpoolSettings& settings, std::size_t workers)
        : store_(std::move(store)), sync_(*store_, segments_, bell_, settings) {
        for (auto& adopted : store_->adopt()) {
            appended_before_ += adopted->frames_between(Segment::kHeadBytes, adopted->published());
            segments_.add(std::move(adopted));
        }
        std::vector<SegmentWriter*> writers;
        for (std::size_t i = 0; i < workers; ++i) {
            writers_.push_back(
                std::make_unique<SegmentWriter>(*store_, segments_, bell_, settings));
            writers.push_back(writers_.back().get());
        }
        sync_.start(std::move(writers));
    }
    ~SegmentedSpool() override { sync_.stop(); }

    SpoolWriter& writer(std::size_t worker) override { return *writers_.at(worker); }
    void read(std::size_t max, std::vector<Entry>& entries) override;
    [[nodiscard]] std::vector<Entry> open_admissions(std::size_t max) const override;
    void forget_open(const std::vector<Entry>& admissions) override;
    void leave(const std::string& segment) override;
    void resume(const std::vector<SpoolPosition>& checkpoints) override;
    [[nodiscard]] bool written(const std::vector<SpoolPosition>& positions) override;
    std::vector<std::string> delete_finished(Open open) override;
    void wait(std::chrono::milliseconds at_most) override;
    [[nodiscard]] SpoolMetrics metrics() const override;

private:
    enum class Frame { row, kept };
    [[nodiscard]] Frame take_frame(Segment& segment, std::uint64_t offset);
    void read_segment(Segment& segment, std::size_t max, std::vector<Entry>& entries);
    void mark_written(Segment& segment, std::uint64_t offset);
    void carry_open();

    std::unique_ptr<SegmentStore> store_;
    SegmentList segments_;
    Doorbell bell_;
    std::vector<std::unique_ptr<SegmentWriter>> writers_;
    SyncThread sync_;
    OpenAdmissions open_;
    std::uint64_t appended_before_ = 0;
    std::atomic<std::uint64_t> written_records_{0};
    std::atomic<std::uint64_t> segments_left_{0};
    std::size_t turn_ = 0;
};

[[nodiscard]] bool is_to_read(const Segment& segment) {
    return !segment.is_left && !segment.is_read_through;
}

[[nodiscard]] bool is_finished(const Segment& segment) {
    return !segment.is_left && segment.is_read_through &&
           segment.written_to.load() == segment.sealed_end();
}

/// What becomes a row, if anything. A damaged record's bytes are not gone by.
[[nodiscard]] bool is_row(const Segment& segment, std::uint64_t offset) {
    const std::string_view payload = segment.payload(offset);
    return segment.is_damaged(offset) || record_kind(payload) == RecordKind::request ||
           (record_kind(payload) && !record_id(payload));
}

/// Keeps account of what the frame says of admissions.
SegmentedSpool::Frame SegmentedSpool::take_frame(Segment& segment, std::uint64_t offset) {
    const std::string_view payload = segment.payload(offset);
    const std::optional<RecordKind> kind = record_kind(payload);
    if (is_row(segment, offset)) {
        const std::optional<Uuid> id = record_id(payload);
        if (kind == RecordKind::request && id && !segment.is_damaged(offset)) {
            open_.close(*id);
        }
        return Frame::row;
    }
    if (kind == RecordKind::admission) {
        open_.open(*record_id(payload), {&segment, offset});
    } else if (!std::exchange(segment.is_for_newer, true)) {
        log_warn(
            "spool: a segment holds records of a newer program and is kept for it",
            {{"segment", segment.name()}});
    }
    return Frame::kept;
}

/// Reads one segment on from where it was left.
void SegmentedSpool::read_segment(Segment& segment, std::size_t max, std::vector<Entry>& entries) {
    // First whether it is finished, then what is in it. The other way round, records that came in
    // between would be taken for read and deleted with the segment.
    const std::uint64_t sealed_end = segment.sealed_end();
    const std::uint64_t published = segment.published();
    while (segment.read_to < published && entries.size() < max) {
        const std::uint64_t offset = segment.read_to;
        const std::string_view payload = segment.payload(offset);
        segment.read_to += frame_bytes(payload.size());
        if (take_frame(segment, offset) == Frame::row) {
            entries.push_back(
                {payload, {segment.name(), segment.read_to}, segment.is_damaged(offset)});
        }
    }
    segment.is_read_through = sealed_end != 0 && segment.read_to == sealed_end;
}

void SegmentedSpool::read(std::size_t max, std::vector<Entry>& entries) {
    entries.clear();
    const SegmentList::Segments segments = segments_.all();
    // Whole segments first, oldest first; of those being written each takes its turn to be first,
    // so that a busy worker cannot hold up the others.
    for (const auto& segment : segments) {
        if (segment->sealed_end() != 0 && is_to_read(*segment)) {
            read_segment(*segment, max, entries);
        }
    }
    ++turn_;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        Segment& segment = *segments[(turn_ + i) % segments.size()];
        if (is_to_read(segment)) {
            read_segment(segment, max, entries);
        }
    }
}

std::vector<Spool::Entry> SegmentedSpool::open_admissions(std::size_t max) const {
    std::vector<Entry> entries;
    open_.each([&](const Uuid&, const OpenAdmissions::Place& place) {
        if (entries.size() < max) {
            const std::string_view payload = place.segment->payload(place.offset);
            const std::uint64_t end = place.offset + frame_bytes(payload.size());
            entries.push_back({payload, {place.segment->name(), end}, false});
        }
    });
    return entries;
}

void SegmentedSpool::forget_open(const std::vector<Entry>& admissions) {
    for (const Entry& admission : admissions) {
        open_.close(*record_id(admission.payload));
    }
}

void SegmentedSpool::mark_written(Segment& segment, std::uint64_t offset) {
    const std::uint64_t before = segment.written_to.load(std::memory_order_relaxed);
    if (offset > before) {
        written_records_.fetch_add(
            segment.frames_between(before, offset), std::memory_order_relaxed);
        segment.written_to.store(offset, std::memory_order_release);
    }
}

void SegmentedSpool::leave(const std::string& name) {
    for (const auto& segment : segments_.all()) {
        if (segment->name() == name && !segment->is_left) {
            segment->is_left = true;
            segments_left_.fetch_add(1, std::memory_order_relaxed);
        }
    }
}

void SegmentedSpool::resume(const std::vector<SpoolPosition>& checkpoints) {
    for (const auto& segment : segments_.all()) {
        for (const SpoolPosition& checkpoint : checkpoints) {
            // A checkpoint behind the end (a record lost to a power cut that the ledger has) is the
            // end.
            if (checkpoint.segment != segment->name()) {
                continue;
            }
            const std::uint64_t offset = std::min(checkpoint.offset, segment->published());
            if (offset > segment->read_to && segment->is_frame_border(offset)) {
                for (std::uint64_t at = segment->read_to; at < offset;
                     at += frame_bytes(segment->payload(at).size())) {
                    static_cast<void>(take_frame(*segment, at));
                }
                mark_written(*segment, offset);
                segment->read_to = offset;
            }
        }
    }
}

bool SegmentedSpool::written(const std::vector<SpoolPosition>& positions) {
    bool any_finished = false;
    for (const auto& segment : segments_.all()) {
        for (const SpoolPosition& position : positions) {
            if (position.segment == segment->name()) {
                mark_written(*segment, std::min(position.offset, segment->read_to));
            }
        }
        // What needs no row is done with when it has been read.
        std::uint64_t end = segment->written_to.load(std::memory_order_relaxed);
        while (end < segment->read_to && !is_row(*segment, end)) {
            end += frame_bytes(segment->payload(end).size());
        }
        mark_written(*segment, end);
        const bool is_waited_for = segment->is_carrier && segment->open_admissions > 0;
        any_finished = any_finished || (is_finished(*segment) && !is_waited_for);
    }
    return any_finished;
}

/// Copies what is open in finished segments into one of their size together at most, so that no
/// long stream keeps a whole segment. Both copies are there for a moment: they have one id.
void SegmentedSpool::carry_open() {
    std::vector<OpenAdmissions::Place> places;
    std::uint64_t bytes = Segment::kHeadBytes;
    open_.each([&](const Uuid&, const OpenAdmissions::Place& place) {
        if (is_finished(*place.segment)) {
            places.push_back(place);
            bytes += frame_bytes(place.segment->payload(place.offset).size());
        }
    });
    if (places.empty()) {
        return;
    }
    bytes = (bytes + kPageBytes - 1) & ~(kPageBytes - 1);
    Result<std::unique_ptr<Segment>> created = store_->create_beyond_cap(bytes);
    if (!created) {
        return;  // the finished ones wait
    }
    const std::shared_ptr<Segment> carrier = std::move(*created);
    carrier->take_into_use(store_->next_turn());
    std::uint64_t offset = Segment::kHeadBytes;
    for (const OpenAdmissions::Place& place : places) {
        const std::string_view payload = place.segment->payload(place.offset);
        std::memcpy(carrier->at(offset + sizeof(FrameHead)), payload.data(), payload.size());
        offset = carrier->publish(offset, static_cast<std::uint32_t>(payload.size()));
    }
    carrier->seal();
    if (!carrier->flush() || !store_->sync_directory()) {
        store_->remove(*carrier);
        return;
    }
    for (std::uint64_t at = Segment::kHeadBytes; at < offset;
         at += frame_bytes(carrier->payload(at).size())) {
        static_cast<void>(take_frame(*carrier, at));
    }
    carrier->is_carrier = true;
    carrier->read_to = offset;
    carrier->is_read_through = true;
    carrier->written_to.store(offset, std::memory_order_release);
    segments_.add(carrier);
}

std::vector<std::string> SegmentedSpool::delete_finished(Open open) {
    if (open == Open::carry) {
        carry_open();
    }
    std::vector<std::string> gone;
    for (const auto& segment : segments_.all()) {
        if (!is_finished(*segment) || segment->open_admissions > 0) {
            continue;
        }
        segments_.remove(*segment);
        if (segment->is_for_newer) {
            store_->keep_for_newer(*segment);
        } else {
            store_->remove(*segment);
        }
        gone.push_back(segment->name());
    }
    return gone;
}

void SegmentedSpool::wait(std::chrono::milliseconds at_most) {
    sync_.wait_for_append(at_most, [this] {
        const SegmentList::Segments segments = segments_.all();
        return std::any_of(segments.begin(), segments.end(), [](const auto& segment) {
            return is_to_read(*segment) && segment->read_to < segment->published();
        });
    });
}

SpoolMetrics SegmentedSpool::metrics() const {
    SpoolMetrics metrics;
    metrics.bytes = store_->bytes();
    metrics.open = open_.size();
    metrics.segments_left = store_->left() + segments_left_.load(std::memory_order_relaxed);
    const std::uint64_t written = written_records_.load(std::memory_order_relaxed);
    std::uint64_t appended = appended_before_;
    for (const auto& writer : writers_) {
        appended += writer->appended();
        metrics.dropped += writer->dropped();
    }
    metrics.records = appended > written ? appended - written : 0;
    const TimePoint now = system_clock().now();
    for (const auto& segment : segments_.all()) {
        const std::uint64_t written_to = segment->written_to.load(std::memory_order_acquire);
        if (written_to < segment->published()) {
            if (const auto id = record_id(segment->payload(written_to))) {
                const std::chrono::duration<double> age = now - id->time();
                metrics.oldest_seconds = std::max(metrics.oldest_seconds, age.count());
            }
        }
    }
    return metrics;
}

}  // namespace

Result<std::unique_ptr<Spool>> Spool::open(const SpoolSettings& settings, std::size_t workers) {
    SpoolSettings fitted = settings;
    // Each worker needs one segment to write and one to go on to, or the spool could stand still
    // with room left.
    const std::uint64_t share = settings.limit_bytes / (2 * std::max<std::size_t>(workers, 1));
    fitted.segment_bytes =
        std::min({settings.segment_bytes, share, kSegmentBytesMax}) & ~std::uint64_t{4095};
    if (fitted.segment_bytes < kSegmentBytesMin) {
        return Error{
            Errc::storage_unavailable,
            "spool " + settings.path.string() + ": store.spool.limit is too small for " +
                std::to_string(workers) + " workers; each needs at least 128 KiB"};
    }
    Result<std::unique_ptr<SegmentStore>> store = SegmentStore::open(fitted);
    if (!store) {
        return store.error();
    }
    return std::unique_ptr<Spool>{new SegmentedSpool{std::move(*store), fitted, workers}};
}

}  // namespace pulse::storage
