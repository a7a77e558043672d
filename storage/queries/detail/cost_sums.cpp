#include "storage/queries/detail/cost_sums.h"

#include "storage/queries/detail/columns.h"
#include "storage/queries/detail/scope_sql.h"

#include <algorithm>
#include <iterator>
#include <optional>

namespace pulse::storage::detail {
namespace {

/// A table that holds all costs.
struct Source {
    TimedTable table;
    SqlText events;
    bool is_rollup;
};
constexpr Source kRows{{"cost_event AS t", "t.occurred_at"}, "1 AS events", false};

consteval Source rollup(SqlText table, SqlText time) {
    return {{table, time}, "t.events AS events", true};
}

/// Rollups by the same dimensions: of `beside_source` and the source, or of all.
struct Rollups {
    Source days;
    Source hours;
    std::optional<Dimension> beside_source;
    bool has_all = false;
};

/// The fewer rows an hour has, the earlier it stands.
constexpr Rollups kRollups[] = {
    {rollup("cost_source_day AS t", "t.day"), rollup("cost_source_hour AS t", "t.hour"), {}},
    {rollup("cost_team_day AS t", "t.day"),
     rollup("cost_team_hour AS t", "t.hour"),
     Dimension::team},
    {rollup("cost_model_day AS t", "t.day"),
     rollup("cost_model_hour AS t", "t.hour"),
     Dimension::model},
    {rollup("cost_project_day AS t", "t.day"),
     rollup("cost_project_hour AS t", "t.hour"),
     Dimension::project},
    {rollup("cost_rollup_day AS t", "t.day"), rollup("cost_rollup_hour AS t", "t.hour"), {}, true},
};

[[nodiscard]] bool reads_only(const CostSums& question, std::optional<Dimension> beside_source) {
    const auto has = [&](Dimension dimension) {
        return dimension == Dimension::source || dimension == beside_source;
    };
    const bool has_keys =
        std::all_of(question.keys.begin(), question.keys.end(), [&](const SumKey& key) {
            const auto* const dimension = std::get_if<Dimension>(&key);
            return dimension == nullptr || has(*dimension);
        });
    const auto& filters = question.filter.dimensions;
    const bool has_filters = std::all_of(
        filters.begin(), filters.end(), [&](const auto& filter) { return has(filter.first); });
    switch (question.scope.kind()) {
        case AccessScope::Kind::organisation:
            return has_keys && has_filters;
        case AccessScope::Kind::teams:
            return has_keys && has_filters && has(Dimension::team);
        case AccessScope::Kind::own:
            break;
    }
    return false;
}

/// Those with the fewest rows that can answer the question.
[[nodiscard]] const Rollups& rollups_for(const CostSums& question) {
    return *std::find_if(std::begin(kRollups), std::end(kRollups), [&](const Rollups& rollups) {
        return rollups.has_all || reads_only(question, rollups.beside_source);
    });
}

[[nodiscard]] SqlText amount_column(CostType type) {
    switch (type) {
        case CostType::net:
            return "t.net_amount AS amount";
        case CostType::amortized:
            return "t.amortized_amount AS amount";
        case CostType::unblended:
            break;
    }
    return "t.amount AS amount";
}

/// '' where the event has no such tag. The name is data in both engines: no path is made of it.
void append_tag(Statement& statement, const std::string& name) {
    if (statement.is_sqlite()) {
        (statement << "coalesce((SELECT g.value FROM json_each(t.tags) AS g WHERE g.key = ")
                .value(name)
            << "), '')";
    } else {
        (statement << "coalesce(t.tags ->> CAST(").value(name) << " AS text), '')";
    }
}

void append_filter(Statement& statement, const CostFilter& filter, bool is_rollup) {
    for (const auto& [dimension, values] : filter.dimensions) {
        statement << " AND " << (is_rollup ? rollup_column(dimension) : event_column(dimension));
        (statement << " IN (").values(values) << ")";
    }
    for (const auto& [name, values] : filter.tags) {
        append_tag(statement << " AND ", name);
        (statement << " IN (").values(values) << ")";
    }
    if (!filter.currency.empty()) {
        (statement << " AND t.currency = ").value(filter.currency);
    }
}

/// `SELECT <keys>, currency, events, amount FROM <table> WHERE …` for a lot of pieces.
void append_branch(
    Statement& statement,
    const CostSums& question,
    const Source& source,
    std::span<const Piece> lot) {
    statement << "SELECT ";
    for (std::size_t i = 0; i < question.keys.size(); ++i) {
        const SumKey& key = question.keys[i];
        if (std::holds_alternative<ByStretch>(key)) {
            append_bucket(statement, lot);
        } else if (const auto* const dimension = std::get_if<Dimension>(&key)) {
            statement << (source.is_rollup ? rollup_column(*dimension) : event_column(*dimension));
        } else {
            append_tag(statement, std::get<std::string>(key));
        }
        statement.numbered(" AS d", i) << ", ";
    }
    statement << "t.currency AS currency, " << source.events << ", "
              << amount_column(question.type);
    append_from(statement, source.table, lot);
    append_scope(statement << " AND ", question.scope, "t.org_id");
    append_filter(statement, question.filter, source.is_rollup);
}

void append_keys(Statement& statement, std::span<const SumKey> keys, bool is_order) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
        statement.numbered("d", i);
        if (is_order && !std::holds_alternative<ByStretch>(keys[i])) {
            statement.byte_order();
        }
        statement << ", ";
    }
    statement << "currency";
    if (is_order) {
        statement.byte_order();
    }
}

[[nodiscard]] bool reads_tags(const CostSums& question) {
    const auto is_tag = [](const SumKey& key) {
        return std::holds_alternative<std::string>(key);
    };
    return !question.filter.tags.empty() ||
           std::any_of(question.keys.begin(), question.keys.end(), is_tag);
}

}  // namespace

void append_event_filter(Statement& statement, const CostFilter& filter) {
    append_filter(statement, filter, false);
}

Statement cost_sums_statement(sql::Engine engine, const CostSums& question) {
    const Rollups& rollups = rollups_for(question);
    const Pieces pieces = cut(question.stretches, reads_tags(question) ? Grain::row : Grain::day);
    Statement statement{engine};
    statement << "SELECT ";
    append_keys(statement, question.keys, false);
    statement << ", CAST(sum(events) AS bigint), ";
    statement.sum("amount") << " FROM (";
    bool is_first = true;
    for (const auto& [source, of_source] :
         {std::pair{&rollups.days, &pieces.days},
          std::pair{&rollups.hours, &pieces.hours},
          std::pair{&kRows, &pieces.rows}}) {
        for (const std::span<const Piece> lot : lots_of(*of_source)) {
            statement << (is_first ? SqlText{""} : SqlText{" UNION ALL "});
            append_branch(statement, question, *source, lot);
            is_first = false;
        }
    }
    statement << ") AS found GROUP BY ";
    append_keys(statement, question.keys, false);
    statement << " ORDER BY ";
    append_keys(statement, question.keys, true);
    (statement << " LIMIT ").value(static_cast<std::int64_t>(question.limit));
    return statement;
}

Result<void> each_cost_sum(
    sql::Session& session,
    const CostSums& question,
    const std::function<void(const CostSum&)>& take) {
    if (question.stretches.empty()) {
        return {};
    }
    const Statement statement = cost_sums_statement(session.engine(), question);
    bool is_sound = true;
    CostSum sum;
    const auto done =
        session.each(statement.text(), statement.parameters(), [&](const sql::Row& row) {
            int column = 0;
            sum.values.clear();
            for (const SumKey& key : question.keys) {
                if (std::holds_alternative<ByStretch>(key)) {
                    sum.stretch = static_cast<std::size_t>(row.integer(column++));
                } else {
                    sum.values.push_back(row.text(column++));
                }
            }
            sum.currency = row.text(column);
            sum.events = row.integer(column + 1);
            const std::optional<Money> amount = row.money(column + 2);
            is_sound = is_sound && amount.has_value();
            sum.amount = amount.value_or(Money{});
            take(sum);
        });
    if (done && !is_sound) {
        return Error{Errc::storage_unavailable, "costs: a stored sum is not an amount"};
    }
    return done;
}

}  // namespace pulse::storage::detail
