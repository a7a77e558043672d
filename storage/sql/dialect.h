#pragma once

#include "storage/sql/session.h"

#include <string>
#include <string_view>

/// What the engines say differently, as pieces of a statement. What both understand, of the rest:
/// `$1`, ON CONFLICT, RETURNING, CTEs, row values, IS NOT DISTINCT FROM, coalesce, CASE, NULLS
/// LAST.
namespace pulse::storage::sql {

/// The exact sum of a column of money, '0' of no rows: SQLite's own sum() computes in floats.
[[nodiscard]] inline std::string sum_of(Engine engine, std::string_view column) {
    std::string text{engine == Engine::sqlite ? "pulse_sum(" : "coalesce(sum("};
    return text.append(column).append(engine == Engine::sqlite ? ")" : "), 0)");
}

/// The sum of a column of whole numbers, 0 of no rows.
[[nodiscard]] inline std::string count_of(Engine engine, std::string_view column) {
    std::string text{"coalesce(sum("};
    // PostgreSQL's sum of bigints is a numeric.
    return text.append(column).append(engine == Engine::sqlite ? "), 0)" : ")::bigint, 0)");
}

/// `a + b` of two expressions of money, exact.
[[nodiscard]] inline std::string plus(Engine engine, std::string_view a, std::string_view b) {
    std::string text{engine == Engine::sqlite ? "pulse_add(" : "("};
    text.append(a).append(engine == Engine::sqlite ? ", " : " + ");
    return text.append(b).append(")");
}

/// Whether a boolean column is true, as the condition of a partial index says it.
[[nodiscard]] inline std::string is_true(Engine engine, std::string_view column) {
    return std::string{column}.append(engine == Engine::sqlite ? " = 1" : "");
}

/// A join whose left side SQLite reads first; PostgreSQL's planner finds that itself.
[[nodiscard]] constexpr std::string_view join_in_order(Engine engine) {
    return engine == Engine::sqlite ? " CROSS JOIN " : " JOIN ";
}

/// Behind a table's name, where SQLite would take a worse index.
[[nodiscard]] inline std::string indexed_by(Engine engine, std::string_view index) {
    return engine == Engine::sqlite ? std::string{" INDEXED BY "}.append(index) : std::string{};
}

/// The rows of a parameter that is a JSON array of texts, for `IN`.
[[nodiscard]] inline std::string texts_of(Engine engine, std::string_view parameter) {
    std::string text{
        engine == Engine::sqlite ? "(SELECT value FROM json_each("
                                 : "(SELECT jsonb_array_elements_text(CAST("};
    return text.append(parameter).append(engine == Engine::sqlite ? "))" : " AS jsonb)))");
}

/// The hour or the day (UTC) that a column's time lies in.
[[nodiscard]] inline std::string hour_of(Engine engine, std::string_view column) {
    const std::string time{column};
    return engine == Engine::sqlite ? time + " - " + time + " % 3600000000"
                                    : "date_trunc('hour', " + time + ", 'UTC')";
}
[[nodiscard]] inline std::string day_of(Engine engine, std::string_view column) {
    const std::string time{column};
    return engine == Engine::sqlite ? time + " - " + time + " % 86400000000"
                                    : "date_trunc('day', " + time + ", 'UTC')";
}

}  // namespace pulse::storage::sql
