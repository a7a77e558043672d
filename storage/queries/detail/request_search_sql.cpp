#include "storage/queries/detail/request_search_sql.h"

#include "storage/queries/detail/scope_sql.h"
#include "storage/queries/id_range.h"

#include <algorithm>
#include <array>

namespace pulse::storage::detail {
namespace {

constexpr SqlText kColumns{
    "t.id, t.ts, t.key_id, t.team, t.project, t.\"user\", t.app, t.client, t.end_user, t.dialect,"
    " t.api, t.provider, t.model_requested, t.model_served, t.outcome, t.error_code,"
    " t.cost_status, t.currency, t.cost, t.status, t.attempts,"
    " t.input_uncached + t.cached_read + t.cache_write_5m + t.cache_write_1h"
    " + t.cache_write_unsplit, t.cached_read, t.output_total, t.latency_us, t.ttft_us, t.stream"};

/// SQLite chooses by guesses, as its tables are not analysed: it is told. PostgreSQL knows.
[[nodiscard]] SqlText index_for(const RequestSearch& search, sql::Engine engine) {
    if (engine != sql::Engine::sqlite) {
        return "";
    }
    if (search.keys.size() == 1) {
        return " INDEXED BY ai_request_log_key";
    }
    if (search.end_users.size() == 1) {
        return " INDEXED BY ai_request_log_end_user";
    }
    if (search.projects.size() == 1) {
        return " INDEXED BY ai_request_log_project";
    }
    return " INDEXED BY ai_request_log_org";
}

/// `= $n` of one value, which keeps an index's order; `IN` of several.
void append_any(Statement& statement, SqlText column, const std::vector<std::string>& values) {
    if (values.size() == 1) {
        (statement << " AND " << column << " = ").value(values.front());
    } else if (!values.empty()) {
        (statement << " AND " << column << " IN (").values(values) << ")";
    }
}

template <class Item, class MakeValue>
void append_list(
    Statement& statement, SqlText column, const std::vector<Item>& items, MakeValue make_value) {
    if (items.empty()) {
        return;
    }
    statement << " AND " << column << " IN (";
    for (std::size_t i = 0; i < items.size(); ++i) {
        statement << (i == 0 ? SqlText{""} : SqlText{", "});
        statement.value(make_value(items[i]));
    }
    statement << ")";
}

void append_models(Statement& statement, const std::vector<std::string>& models) {
    if (models.empty()) {
        return;
    }
    (statement << " AND (t.model_served IN (").values(models);
    (statement << ") OR t.model_requested IN (").values(models) << "))";
}

void append_filters(Statement& statement, const RequestSearch& search) {
    append_any(statement, "t.key_id", search.keys);
    append_any(statement, "t.team", search.teams);
    append_any(statement, "t.project", search.projects);
    append_any(statement, "t.\"user\"", search.users);
    append_any(statement, "t.app", search.apps);
    append_any(statement, "t.client", search.clients);
    append_any(statement, "t.end_user", search.end_users);
    append_any(statement, "t.provider", search.providers);
    append_any(statement, "t.error_code", search.error_codes);
    append_models(statement, search.models);
    append_list(statement, "t.status", search.statuses, [](std::int32_t status) {
        return sql::Value{status};
    });
    append_list(statement, "t.outcome", search.outcomes, [](Outcome outcome) {
        return sql::Value{to_string(outcome)};
    });
    if (search.stream) {
        (statement << " AND t.stream = ").value(*search.stream);
    }
    if (search.cost_min) {
        (statement << " AND ").at_least("t.cost", *search.cost_min);
    }
}

}  // namespace

Result<Statement> request_search_statement(
    sql::Engine engine, const AccessScope& scope, const RequestSearch& search) {
    Statement statement{engine};
    statement << "SELECT " << kColumns << " FROM ai_request_log AS t" << index_for(search, engine)
              << " WHERE ";
    append_scope(statement, scope, "t.org");
    if (!search.id.empty()) {
        const Result<IdRange> ids = ids_with_prefix(search.id);
        if (!ids) {
            return ids.error();
        }
        (statement << " AND t.id >= ").value(ids->first);
        (statement << " AND t.id <= ").value(ids->last);
    }
    (statement << " AND t.ts >= ").value(search.time.begin);
    (statement << " AND t.ts < ").value(search.time.end);
    append_filters(statement, search);
    if (search.after) {
        (statement << " AND (t.ts < ").value(search.after->ts);
        (statement << " OR t.id < ").value(search.after->id) << ")";
    }
    (statement << " ORDER BY t.ts DESC, t.id DESC LIMIT ")
        .value(static_cast<std::int64_t>(search.limit));
    return statement;
}

}  // namespace pulse::storage::detail
