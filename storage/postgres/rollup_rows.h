#pragma once

#include "storage/postgres/batch.h"
#include "storage/postgres/connection.h"
#include "storage/rollup/fields.h"
#include "storage/rollup/rollup.h"
#include "storage/rollup/tables.h"

#include <string>
#include <vector>

/// Adds a batch's rollups, all rows of a table in one statement and in their order.
namespace pulse::storage::postgres {

/// The statement that adds the rows of its parameters, an array per column.
[[nodiscard]] std::string upsert_arrays(const RollupTable& table);

/// In the caller's transaction. Errors: as Connection::run().
template <class Row>
[[nodiscard]] Result<void> add_rollup_rows(
    Connection& connection, const RollupTable& table, const std::vector<Row>& rows) {
    if (rows.empty()) {
        return {};
    }
    Batch batch{Batch::Form::arrays, 1 + table.dimensions.size() + table.sums.size()};
    struct Put {
        Batch& batch;
        void operator()(std::string_view text) const { batch.text(text); }
        void operator()(std::int64_t count) const { batch.number(count); }
        void operator()(Money amount) const { batch.money(amount); }
    } put{batch};
    for (const Row& row : rows) {
        batch.time(row.begins_at);
        detail::visit_dimensions(row.of, put);
        detail::visit_sums(row.sums, put);
        batch.end_row();
    }
    const Result<PgResult> added = connection.run(upsert_arrays(table).c_str(), batch.parameters());
    return added ? Result<void>{} : Result<void>{added.error()};
}

}  // namespace pulse::storage::postgres
