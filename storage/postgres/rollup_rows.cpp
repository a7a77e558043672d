#include "storage/postgres/rollup_rows.h"

namespace pulse::storage::postgres {

std::string upsert_arrays(const RollupTable& table) {
    std::string arrays = "SELECT * FROM unnest($1::timestamptz[]";
    std::size_t number = 1;
    auto add = [&](std::string_view type) {
        arrays.append(", $").append(std::to_string(++number)).append("::").append(type);
    };
    for (std::size_t i = 0; i < table.dimensions.size(); ++i) {
        add("text[]");
    }
    for (const SumColumn& sum : table.sums) {
        add(sum.kind == SumColumn::Kind::money ? "numeric[]" : "bigint[]");
    }
    return upsert_statement(sql::Engine::postgresql, table, arrays + ")");
}

}  // namespace pulse::storage::postgres
