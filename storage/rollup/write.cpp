#include "storage/rollup/write.h"

#include "storage/rollup/fields.h"
#include "storage/rollup/tables.h"

#include <vector>

namespace pulse::storage {
namespace {

template <class Row>
[[nodiscard]] Result<void> add_rows(
    sql::Session& session, const RollupTable& table, const std::vector<Row>& rows) {
    if (rows.empty()) {
        return {};
    }
    const std::string statement = upsert_statement(session.engine(), table, one_row(table));
    std::vector<sql::Value> values;
    for (const Row& row : rows) {
        values.clear();
        auto add = [&values](const auto& value) {
            values.emplace_back(value);
        };
        add(row.begins_at);
        detail::visit_dimensions(row.of, add);
        detail::visit_sums(row.sums, add);
        if (auto added = session.run(statement, values); !added) {
            return added.error();
        }
    }
    return {};
}

}  // namespace

Result<void> add_rollups(sql::Session& session, const Rollups& rollups) {
    return detail::visit_tables(rollups, [&](const RollupTable& table, const auto& rows) {
        return add_rows(session, table, rows);
    });
}

}  // namespace pulse::storage
