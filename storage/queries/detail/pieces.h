#pragma once

#include "storage/queries/calendar.h"
#include "storage/queries/detail/statement.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace pulse::storage::detail {

/// Where sums are read: rollups by day or by hour (UTC), or the rows themselves.
enum class Grain : std::uint8_t { row, hour, day };

/// A stretch of one bucket that one grain can answer exactly: whole days, whole hours, or any time.
struct Piece {
    std::size_t bucket = 0;  ///< index into the stretches
    Stretch time;
    friend bool operator==(const Piece&, const Piece&) = default;
};

/// Pieces by grain, each in order; together they cover every stretch once.
struct Pieces {
    std::vector<Piece> rows;
    std::vector<Piece> hours;
    std::vector<Piece> days;
};

/// Cuts each stretch so that as much as can be is read from the coarsest grain, the rest at its
/// edges from finer ones.
[[nodiscard]] Pieces cut(std::span<const Stretch> stretches, Grain coarsest);

/// A table whose rows have a time.
struct TimedTable {
    SqlText table;  ///< "cost_rollup_day AS t"
    SqlText time;   ///< "t.day"
};

/// The pieces in lots, each for one SELECT: a few by themselves, so that the engine knows their
/// times when it plans; many as one.
[[nodiscard]] std::vector<std::span<const Piece>> lots_of(std::span<const Piece> pieces);

/// The number of a row's stretch, in the SELECT of append_from().
void append_bucket(Statement& statement, std::span<const Piece> lot);
/// ` FROM <table> WHERE <its time lies in the lot>`: one range of the table's key for each piece.
void append_from(Statement& statement, const TimedTable& table, std::span<const Piece> lot);

}  // namespace pulse::storage::detail
