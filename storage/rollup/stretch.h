#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/money.h"
#include "storage/rollup/tables.h"
#include "storage/sql/session.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Stretches of time of which retention took rows, or is about to.
namespace pulse::storage {

/// From `begins_at` to before `ends_at`.
struct Stretch {
    TimePoint begins_at;
    TimePoint ends_at;
    friend auto operator<=>(const Stretch&, const Stretch&) = default;
};

/// How many rows, and what they cost in each currency; one that sums to zero is left out. Value;
/// not thread-safe.
struct StretchTotals {
    std::int64_t rows = 0;
    std::map<std::string, Money, std::less<>> amounts;

    void add(std::int64_t more_rows, std::string_view currency, Money amount);
    StretchTotals& operator+=(const StretchTotals& other);
    friend bool operator==(const StretchTotals&, const StretchTotals&) = default;

    /// `{"USD":"12.5"}`: the column `totals` of retention_drop.
    [[nodiscard]] std::string amounts_json() const;
    /// For people: `3 rows, 12.5 USD`.
    [[nodiscard]] std::string to_string() const;
};

/// What a stretch holds by a rollup, by the rows that are there, and by what retention took before.
struct StretchCheck {
    StretchTotals rollup;
    StretchTotals rows;
    StretchTotals dropped;
    [[nodiscard]] bool agrees() const;
    /// For people: both sides.
    [[nodiscard]] std::string to_string(const RollupTable& table, const Stretch& stretch) const;
};

/// All of one moment, a check for each table; they sum the same rows. The stretch begins and ends
/// where one of each table's does. Errors: storage_unavailable.
[[nodiscard]] Result<std::vector<StretchCheck>> check_stretch(
    sql::Session& session, std::span<const RollupTable* const> tables, const Stretch& stretch);
/// Of one table.
[[nodiscard]] Result<StretchCheck> check_stretch(
    sql::Session& session, const RollupTable& table, const Stretch& stretch);
/// What the rollup alone says. Errors: storage_unavailable.
[[nodiscard]] Result<StretchTotals> rollup_totals(
    sql::Session& session, const RollupTable& table, const Stretch& stretch);

/// The stretches of a table of rows that retention took something of, as far as they meet
/// `within`; ascending. Errors: storage_unavailable.
[[nodiscard]] Result<std::vector<Stretch>> dropped_stretches(
    sql::Session& session, std::string_view rows_table, const Stretch& within);

/// Notes what was taken of a stretch by the run of `dropped_at`, in the transaction that takes it.
/// Added to what that run took of it before. Errors: storage_unavailable.
[[nodiscard]] Result<void> note_drop(
    sql::Session& session,
    std::string_view rows_table,
    const Stretch& stretch,
    const StretchTotals& taken,
    TimePoint dropped_at);

}  // namespace pulse::storage
