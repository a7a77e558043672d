#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "storage/sql/session.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage::postgres {

/// A table that is partitioned by its time, in days or months (UTC).
struct PartitionedTable {
    enum class Stretch : std::uint8_t { day, month };
    std::string_view name;
    std::string_view time_column;
    Stretch stretch;
};

extern const PartitionedTable kRequestLog;
extern const PartitionedTable kRequestAttempt;
extern const PartitionedTable kCostEvent;

/// A stretch of time, the end not in it.
struct TimeRange {
    TimePoint begin;
    TimePoint end;
};
/// The one that `time` lies in.
[[nodiscard]] TimeRange stretch_of(const PartitionedTable& table, TimePoint time);

struct Partition {
    std::string name;  ///< quoted, to stand in a statement
    TimeRange range;
};
/// All but the default one, ascending. Errors: storage_unavailable.
[[nodiscard]] Result<std::vector<Partition>> partitions_of(
    sql::Session& session, const PartitionedTable& table);

/// Makes the partitions of today and the next three days, of cost events of this month and the
/// next, and moves what lies in the default partitions, within a year, to partitions of its own.
/// How many rows it found there: none, as long as it runs in time and clocks are right. Several
/// gateways may. Errors: storage_unavailable.
[[nodiscard]] Result<std::uint64_t> make_partitions(sql::Session& session, TimePoint now);

/// For changes of partitions: held until the transaction ends. Errors: storage_unavailable.
[[nodiscard]] Result<void> lock_partitions(sql::Session& session);

}  // namespace pulse::storage::postgres
