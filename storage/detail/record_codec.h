#pragma once

#include "storage/records.h"

#include <cstddef>

namespace pulse::storage::detail {

/// At least as many bytes as encode_to() writes.
[[nodiscard]] std::size_t encoded_bound(const RequestRecord& record);

/// Writes the binary form at `out`, which has room for encoded_bound(); returns the place behind
/// it.
char* encode_to(const RequestRecord& record, RecordKind kind, char* out);

/// A copy of `record` whose encoded_bound() is at most a limit: the longest texts are cut, at a
/// character's border; tags, which would be no JSON any more, are left out. Views live as long as
/// the record's. Value; not thread-safe, not to be moved (`record()` points into it).
class CutRecord {
public:
    CutRecord(const RequestRecord& record, std::size_t bytes_max);
    CutRecord(const CutRecord&) = delete;
    CutRecord& operator=(const CutRecord&) = delete;
    ~CutRecord() = default;
    [[nodiscard]] const RequestRecord& record() const { return record_; }

private:
    RequestRecord record_;
    AttemptRecord attempts_[DecodedRecord::kAttemptsMax];
};

}  // namespace pulse::storage::detail
