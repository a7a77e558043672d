#include "storage/queries/detail/request_sums.h"

#include "storage/queries/detail/columns.h"
#include "storage/queries/detail/scope_sql.h"

namespace pulse::storage::detail {
namespace {

/// The three tables that hold the same requests.
struct Source {
    TimedTable table;
    SqlText counts;
    bool is_rollup;
};
constexpr SqlText kRollupCounts{
    "t.requests AS requests, t.refused AS refused, t.failed AS failed,"
    " t.input_tokens AS input_tokens, t.cached_tokens AS cached_tokens,"
    " t.output_tokens AS output_tokens, t.latency_us AS latency_us, t.cost AS cost"};
constexpr Source kDays{{"request_rollup_day AS t", "t.day"}, kRollupCounts, true};
constexpr Source kHours{{"request_rollup_hour AS t", "t.hour"}, kRollupCounts, true};
constexpr Source kRows{
    {"ai_request_log AS t", "t.ts"},
    "1 AS requests, CASE WHEN t.outcome = 'refused' THEN 1 ELSE 0 END AS refused,"
    " CASE WHEN t.outcome IN ('refused', 'answered') THEN 0 ELSE 1 END AS failed,"
    " t.input_uncached + t.cached_read + t.cache_write_5m + t.cache_write_1h"
    " + t.cache_write_unsplit AS input_tokens, t.cached_read AS cached_tokens,"
    " t.output_total AS output_tokens, t.latency_us AS latency_us, t.cost AS cost",
    false};

void append_branch(
    Statement& statement,
    const RequestSums& question,
    const Source& source,
    std::span<const Piece> lot) {
    const auto column = [&](Dimension dimension) {
        return source.is_rollup ? rollup_column(dimension) : request_column(dimension);
    };
    append_bucket(statement << "SELECT ", lot);
    statement << " AS bucket, ";
    if (question.by) {
        statement << column(*question.by) << " AS value, ";
    }
    statement << "t.currency AS currency, " << source.counts;
    append_from(statement, source.table, lot);
    append_scope(statement << " AND ", question.scope, "t.org");
    if (question.only) {
        statement << " AND " << column(*question.only) << " IN (";
        statement.values(question.values) << ")";
    }
}

}  // namespace

Statement request_sums_statement(sql::Engine engine, const RequestSums& question) {
    const Pieces pieces = cut(question.stretches, Grain::day);
    const SqlText value = question.by ? SqlText{"value, "} : SqlText{""};
    Statement statement{engine};
    statement << "SELECT bucket, " << value
              << "currency, CAST(sum(requests) AS bigint), CAST(sum(refused) AS bigint),"
                 " CAST(sum(failed) AS bigint), CAST(sum(input_tokens) AS bigint),"
                 " CAST(sum(cached_tokens) AS bigint), CAST(sum(output_tokens) AS bigint),"
                 " CAST(sum(latency_us) AS bigint), ";
    statement.sum("cost") << " FROM (";
    bool is_first = true;
    for (const auto& [source, of_source] :
         {std::pair{&kDays, &pieces.days},
          std::pair{&kHours, &pieces.hours},
          std::pair{&kRows, &pieces.rows}}) {
        for (const std::span<const Piece> lot : lots_of(*of_source)) {
            statement << (is_first ? SqlText{""} : SqlText{" UNION ALL "});
            append_branch(statement, question, *source, lot);
            is_first = false;
        }
    }
    statement << ") AS found GROUP BY bucket, " << value << "currency ORDER BY bucket, ";
    if (question.by) {
        (statement << "value").byte_order() << ", ";
    }
    (statement << "currency").byte_order();
    return statement;
}

Result<void> each_request_sum(
    sql::Session& session,
    const RequestSums& question,
    const std::function<void(const RequestSum&)>& take) {
    if (question.stretches.empty()) {
        return {};
    }
    const Statement statement = request_sums_statement(session.engine(), question);
    bool is_sound = true;
    const auto done =
        session.each(statement.text(), statement.parameters(), [&](const sql::Row& row) {
            int column = 0;
            RequestSum sum;
            sum.stretch = static_cast<std::size_t>(row.integer(column++));
            sum.value = question.by ? row.text(column++) : std::string_view{};
            sum.currency = row.text(column++);
            for (std::int64_t* count :
                 {&sum.requests,
                  &sum.refused,
                  &sum.failed,
                  &sum.input_tokens,
                  &sum.cached_tokens,
                  &sum.output_tokens,
                  &sum.latency_us}) {
                *count = row.integer(column++);
            }
            const std::optional<Money> cost = row.money(column);
            is_sound = is_sound && cost.has_value();
            sum.cost = cost.value_or(Money{});
            take(sum);
        });
    if (done && !is_sound) {
        return Error{Errc::storage_unavailable, "requests: a stored sum is not an amount"};
    }
    return done;
}

}  // namespace pulse::storage::detail
