#pragma once

#include "base/uuid.h"
#include "storage/spool/segment.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>

namespace pulse::storage {

/// The requests that were admitted and whose end the reader has not met, and where their records
/// lie. Bounded by the requests in flight. Segments outlive what is open in them
/// (`Segment::open_admissions`). Lives on the reader's thread; size() may be asked by any.
class OpenAdmissions {
public:
    struct Place {
        Segment* segment;
        std::uint64_t offset;
    };

    /// An admission lies there; a later copy takes the place of an earlier one.
    void open(const Uuid& id, Place place);
    /// Nothing where it is not open.
    void close(const Uuid& id);
    [[nodiscard]] std::size_t size() const { return size_.load(std::memory_order_relaxed); }
    void each(const std::function<void(const Uuid& id, const Place& place)>& visit) const;

private:
    /// Of a version-7 UUID: its last bytes are random.
    struct Hash {
        [[nodiscard]] std::size_t operator()(const Uuid& id) const;
    };
    std::unordered_map<Uuid, Place, Hash> places_;
    std::atomic<std::size_t> size_{0};
};

}  // namespace pulse::storage
