#pragma once

#include "storage/sql/session.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

/// The tables of rollups, and the statements that are the same for all of them.
namespace pulse::storage {

/// A column of sums, and what of a row is summed into it.
struct SumColumn {
    std::string_view name;
    enum class Kind : std::uint8_t { count, money } kind;
    std::string_view source;  ///< an expression over the rows' table
};

struct DimensionColumn {
    std::string_view name;
    std::string_view source;  ///< the rows' column; NULL counts as ''
};

/// A table of rollups and the table whose rows it sums.
struct RollupTable {
    enum class Stretch : std::uint8_t { hour, day };
    std::string_view name;
    Stretch stretch;
    std::span<const DimensionColumn> dimensions;
    std::span<const SumColumn> sums;
    std::string_view rows;       ///< the table that is summed
    std::string_view rows_time;  ///< its column of time
};

extern const RollupTable kRequestRollupHour;
extern const RollupTable kRequestRollupDay;
extern const RollupTable kCostRollupHour;
extern const RollupTable kCostRollupDay;
/// All cost events by source, and by one dimension more: what is read of them is a few rows an
/// hour.
extern const RollupTable kCostModelHour;
extern const RollupTable kCostModelDay;
extern const RollupTable kCostProjectHour;
extern const RollupTable kCostProjectDay;
extern const RollupTable kCostTeamHour;
extern const RollupTable kCostTeamDay;
extern const RollupTable kCostSourceHour;
extern const RollupTable kCostSourceDay;

/// In the order in which writers take them: those whose rows many writers share come last.
[[nodiscard]] std::span<const RollupTable* const> rollup_tables();

/// Of them, those that sum ai_request_log and those that sum cost_event.
[[nodiscard]] std::span<const RollupTable* const> rollups_of_requests();
[[nodiscard]] std::span<const RollupTable* const> rollups_of_costs();

/// `hour` or `day`.
[[nodiscard]] std::string_view time_column(const RollupTable& table);
/// Time, dimensions, sums, as they stand in the table, separated by commas.
[[nodiscard]] std::string rollup_columns(const RollupTable& table);
/// Adds rows of that form to the table. `rows` is `VALUES (…)` or a SELECT, with a WHERE for
/// SQLite's parser.
[[nodiscard]] std::string upsert_statement(
    sql::Engine engine, const RollupTable& table, std::string_view rows);
/// `VALUES ($1, …)` for one row.
[[nodiscard]] std::string one_row(const RollupTable& table);
/// The time and the dimensions of a row of the summed table, as the rollup's columns are called.
[[nodiscard]] std::string place_of_row(sql::Engine engine, const RollupTable& table);

}  // namespace pulse::storage
