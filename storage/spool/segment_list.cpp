#include "storage/spool/segment_list.h"

#include <algorithm>

namespace pulse::storage {
namespace {

void erase(SegmentList::Segments& segments, const Segment& segment) {
    const auto found = std::find_if(
        segments.begin(), segments.end(), [&](const auto& held) { return held.get() == &segment; });
    if (found != segments.end()) {
        segments.erase(found);
    }
}

}  // namespace

void SegmentList::add(std::shared_ptr<Segment> segment) {
    const std::lock_guard lock{mutex_};
    if (segment->sealed_end() == 0) {
        unsynced_.push_back(segment);
    }
    all_.push_back(std::move(segment));
}

void SegmentList::remove(const Segment& segment) {
    const std::lock_guard lock{mutex_};
    erase(all_, segment);
}

SegmentList::Segments SegmentList::all() const {
    const std::lock_guard lock{mutex_};
    return all_;
}

SegmentList::Segments SegmentList::unsynced() const {
    const std::lock_guard lock{mutex_};
    return unsynced_;
}

void SegmentList::forget_unsynced(const Segment& segment) {
    const std::lock_guard lock{mutex_};
    erase(unsynced_, segment);
}

}  // namespace pulse::storage
