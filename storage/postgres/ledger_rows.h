#pragma once

#include "storage/postgres/batch.h"
#include "storage/records.h"
#include "storage/rollup/rollup.h"

#include <span>
#include <string_view>
#include <vector>

/// The rows that a batch of records becomes. The columns of a table and what puts its values stand
/// in the same order.
namespace pulse::storage::postgres {

using Records = std::span<const DecodedRecord* const>;

/// A table that batches are written to.
struct BatchTarget {
    std::string_view table;
    std::span<const Column> columns;
    std::string_view returned;  ///< column whose values tell which rows were inserted
};

[[nodiscard]] const BatchTarget& request_target();
[[nodiscard]] const BatchTarget& attempt_target();
[[nodiscard]] const BatchTarget& cost_event_target();
[[nodiscard]] const BatchTarget& object_target();

void put_requests(Batch& batch, Records records);
void put_attempts(Batch& batch, Records records);
void put_cost_events(Batch& batch, Records records);
/// Sorted by provider and id.
void put_objects(Batch& batch, Records records);

}  // namespace pulse::storage::postgres
