#pragma once

#include "base/uuid.h"
#include "storage/records.h"

#include <cstddef>
#include <span>
#include <vector>

namespace pulse::bench {

/// Records as a gateway writes them for small chat completions of a hundred keys in twenty
/// projects, one billed attempt each, with new ids and the present time. Not thread-safe.
class Batches {
public:
    explicit Batches(std::size_t size);
    [[nodiscard]] std::size_t size() const { return records_.size(); }
    /// Lives until the next call.
    [[nodiscard]] std::span<const storage::DecodedRecord* const> next();

private:
    UuidGenerator ids_;
    std::size_t made_ = 0;
    std::vector<storage::DecodedRecord> records_;
    std::vector<const storage::DecodedRecord*> pointers_;
};

}  // namespace pulse::bench
