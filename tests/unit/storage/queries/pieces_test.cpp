#include "storage/queries/detail/pieces.h"

#include "base/rfc3339.h"

#include <gtest/gtest.h>

namespace pulse::storage::detail {
namespace {

[[nodiscard]] TimePoint at(std::string_view text) {
    return parse_rfc3339(text).value();
}

TEST(Pieces, ReadDaysWhereTheyAreWholeAndFinerGrainsAtTheEdges) {
    const Stretch time[] = {{at("2026-03-01T22:30:00Z"), at("2026-03-04T01:15:00Z")}};

    const Pieces pieces = cut(time, Grain::day);

    EXPECT_EQ(
        pieces.days,
        (std::vector<Piece>{{0, {at("2026-03-02T00:00:00Z"), at("2026-03-04T00:00:00Z")}}}));
    EXPECT_EQ(
        pieces.hours,
        (std::vector<Piece>{
            {0, {at("2026-03-01T23:00:00Z"), at("2026-03-02T00:00:00Z")}},
            {0, {at("2026-03-04T00:00:00Z"), at("2026-03-04T01:00:00Z")}}}));
    EXPECT_EQ(
        pieces.rows,
        (std::vector<Piece>{
            {0, {at("2026-03-01T22:30:00Z"), at("2026-03-01T23:00:00Z")}},
            {0, {at("2026-03-04T01:00:00Z"), at("2026-03-04T01:15:00Z")}}}));
}

TEST(Pieces, ReadRowsWithinAnHourAndNothingOfAnEmptyTime) {
    const Stretch times[] = {
        {at("2026-03-01T22:10:00Z"), at("2026-03-01T22:50:00Z")},
        {at("2026-03-01T22:50:00Z"), at("2026-03-01T22:50:00Z")}};

    const Pieces pieces = cut(times, Grain::day);

    EXPECT_EQ(pieces.rows, (std::vector<Piece>{{0, times[0]}}));
    EXPECT_TRUE(pieces.hours.empty());
    EXPECT_TRUE(pieces.days.empty());
}

TEST(Pieces, ReadNothingButRowsWhereRollupsDoNotKnow) {
    const Stretch times[] = {{at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z")}};

    const Pieces pieces = cut(times, Grain::row);

    EXPECT_EQ(pieces.rows, (std::vector<Piece>{{0, times[0]}}));
    EXPECT_TRUE(pieces.hours.empty());
}

[[nodiscard]] std::string from_text(sql::Engine engine, std::size_t days) {
    std::vector<Piece> pieces;
    for (std::size_t i = 0; i < days; ++i) {
        const TimePoint begin = at("2026-01-01T00:00:00Z") + std::chrono::days{i};
        pieces.push_back({i, {begin, begin + std::chrono::days{1}}});
    }
    Statement statement{engine};
    for (const std::span<const Piece> lot : lots_of(pieces)) {
        append_from(statement, {"cost_rollup_day AS t", "t.day"}, lot);
    }
    return statement.text();
}

TEST(Pieces, OfManyAreLookedUpByTheirOwnTimesInSqlite) {
    // With the bounds of all beside them SQLite looks those up, and reads the year for each day.
    EXPECT_EQ(from_text(sql::Engine::sqlite, 365).find("$2"), std::string::npos);
    EXPECT_NE(from_text(sql::Engine::postgresql, 365).find("t.day >= $2"), std::string::npos);
}

TEST(Pieces, OfAFewAreSelectsOfTheirOwn) {
    EXPECT_EQ(
        from_text(sql::Engine::sqlite, 2),
        " FROM cost_rollup_day AS t WHERE t.day >= $1 AND t.day < $2"
        " FROM cost_rollup_day AS t WHERE t.day >= $3 AND t.day < $4");
}

}  // namespace
}  // namespace pulse::storage::detail
