#pragma once

#include "storage/records.h"

#include <deque>
#include <span>
#include <string>
#include <vector>

namespace pulse::storage::postgres {

/// Records whose text PostgreSQL takes: what callers and providers sent may hold zero bytes, broken
/// UTF-8, or more than an index takes, and a request is not to be lost for that. Bytes that are no
/// UTF-8 become U+FFFD, as do escapes in tags that `jsonb` refuses; what rollups and indexes are
/// keyed by is cut at kKeyTextBytesMax. A record without any of it is not copied. Lives as long as
/// what points to its records.
class CleanRecords {
public:
    /// A B-tree's row ends at 2704 bytes.
    static constexpr std::size_t kKeyTextBytesMax = 512;

    explicit CleanRecords(std::span<const DecodedRecord* const> records);
    /// In the same order.
    [[nodiscard]] std::span<const DecodedRecord* const> records() const { return records_; }

private:
    std::vector<const DecodedRecord*> records_;
    std::deque<DecodedRecord> copies_;
    std::deque<std::string> texts_;
};

}  // namespace pulse::storage::postgres
