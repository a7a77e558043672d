#include "storage/queries/detail/pieces.h"

#include "base/rfc3339.h"

#include <chrono>

namespace pulse::storage::detail {
namespace {

using std::chrono::days;
using std::chrono::hours;

/// Up to so many pieces are SELECTs of their own.
constexpr std::size_t kLotsMax = 4;

class Cutter {
public:
    explicit Cutter(Pieces& pieces) : pieces_(pieces) {}

    void cut(std::size_t bucket, const Stretch& stretch, Grain grain) {
        if (stretch.begin >= stretch.end) {
            return;
        }
        if (grain == Grain::row) {
            pieces_.rows.push_back({bucket, stretch});
            return;
        }
        const bool is_day = grain == Grain::day;
        const Stretch whole =
            is_day
                ? Stretch{std::chrono::ceil<days>(stretch.begin), std::chrono::floor<days>(stretch.end)}
                : Stretch{
                      std::chrono::ceil<hours>(stretch.begin),
                      std::chrono::floor<hours>(stretch.end)};
        const Grain finer = is_day ? Grain::hour : Grain::row;
        if (whole.begin >= whole.end) {
            cut(bucket, stretch, finer);
            return;
        }
        cut(bucket, {stretch.begin, whole.begin}, finer);
        (is_day ? pieces_.days : pieces_.hours).push_back({bucket, whole});
        cut(bucket, {whole.end, stretch.end}, finer);
    }

private:
    Pieces& pieces_;
};

void append_time(std::string& out, TimePoint time, bool is_sqlite) {
    if (is_sqlite) {
        out += std::to_string(time.time_since_epoch().count());
    } else {
        out.append("\"").append(rfc3339_micros(time)).append("\"");
    }
}

/// The pieces as a table `p (bucket, begins_at, ends_at)`, through one parameter.
void append_pieces_table(Statement& statement, std::span<const Piece> pieces) {
    std::string list = "[";
    for (const Piece& piece : pieces) {
        list.append(list.size() == 1 ? "" : ",").append("{\"bucket\":");
        list.append(std::to_string(piece.bucket)).append(",\"begins_at\":");
        append_time(list, piece.time.begin, statement.is_sqlite());
        list.append(",\"ends_at\":");
        append_time(list, piece.time.end, statement.is_sqlite());
        list += '}';
    }
    list += ']';
    if (statement.is_sqlite()) {
        statement << "(SELECT json_extract(value, '$.bucket') AS bucket,"
                     " json_extract(value, '$.begins_at') AS begins_at,"
                     " json_extract(value, '$.ends_at') AS ends_at FROM json_each(";
        statement.value(std::move(list)) << ")) AS p";
    } else {
        statement << "jsonb_to_recordset(CAST(";
        statement.value(std::move(list))
            << " AS jsonb)) AS p(bucket bigint, begins_at timestamptz, ends_at timestamptz)";
    }
}

}  // namespace

Pieces cut(std::span<const Stretch> stretches, Grain coarsest) {
    Pieces pieces;
    Cutter cutter{pieces};
    for (std::size_t bucket = 0; bucket < stretches.size(); ++bucket) {
        cutter.cut(bucket, stretches[bucket], coarsest);
    }
    return pieces;
}

std::vector<std::span<const Piece>> lots_of(std::span<const Piece> pieces) {
    if (pieces.size() > kLotsMax) {
        return {pieces};
    }
    std::vector<std::span<const Piece>> lots;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        lots.push_back(pieces.subspan(i, 1));
    }
    return lots;
}

void append_bucket(Statement& statement, std::span<const Piece> lot) {
    if (lot.size() == 1) {
        (statement << "CAST(").value(static_cast<std::int64_t>(lot.front().bucket))
            << " AS bigint)";
    } else {
        statement << "p.bucket";
    }
}

void append_from(Statement& statement, const TimedTable& table, std::span<const Piece> lot) {
    statement << " FROM ";
    if (lot.size() > 1) {
        append_pieces_table(statement, lot);
        // The pieces drive: SQLite keeps the order of a CROSS JOIN.
        statement << " CROSS JOIN ";
    }
    statement << table.table << " WHERE ";
    if (lot.size() == 1 || !statement.is_sqlite()) {
        // Partitions beyond what is known when the statement is planned are no part of the plan.
        // SQLite has none, and would look up these bounds instead of the piece's.
        (statement << table.time << " >= ").value(lot.front().time.begin);
        (statement << " AND " << table.time << " < ").value(lot.back().time.end);
    }
    if (lot.size() > 1) {
        statement << (statement.is_sqlite() ? SqlText{""} : SqlText{" AND "}) << table.time
                  << " >= p.begins_at AND " << table.time << " < p.ends_at";
    }
}

}  // namespace pulse::storage::detail
