#pragma once

#include "base/assert.h"
#include "storage/spool/segment.h"

#include <memory>
#include <mutex>
#include <vector>

namespace pulse::storage {

/// The segments that hold records, in the order in which they came into use. Writers add, the sync
/// thread and the reader look, the reader takes away. Thread-safe; the lock is held for the copy of
/// a few pointers.
class SegmentList {
public:
    using Segments = std::vector<std::shared_ptr<Segment>>;

    void add(std::shared_ptr<Segment> segment);
    void remove(const Segment& segment);
    [[nodiscard]] Segments all() const;

    /// Segments whose records may not be durable yet.
    [[nodiscard]] Segments unsynced() const;
    void forget_unsynced(const Segment& segment);

private:
    mutable std::mutex mutex_;
    Segments all_ PULSE_GUARDED_BY(mutex_);
    Segments unsynced_ PULSE_GUARDED_BY(mutex_);
};

}  // namespace pulse::storage
