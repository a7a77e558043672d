#include "tests/unit/storage/queries/events.h"

#include "tests/unit/storage/samples.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace pulse::storage::tests {
namespace {

constexpr std::string_view kInsertEvent =
    "INSERT INTO cost_event (id, occurred_at, org_id, source, provider, service, account, region,"
    " project, team, \"user\", app, client, model, key_id, usage_type, charge_type, resource_type,"
    " quantity, unit, amount, currency, net_amount, amortized_amount, tags, request_id)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, 'model',"
    " 1, 'tokens', $18, $19, $20, $21, $22, $23)";

constexpr std::string_view kRollupColumns =
    "org_id, source, provider, service, account, region, team, project, app, client, \"user\","
    " model, key_id, usage_type, charge_type, currency";

[[nodiscard]] std::string tags_json(const Event& event) {
    std::string text = "{";
    for (const auto& [name, value] : event.tags) {
        text.append(text.size() == 1 ? "" : ",");
        text.append("\"").append(name).append("\":\"").append(value).append("\"");
    }
    return text + "}";
}

[[nodiscard]] std::string sum(sql::Session& session, const std::string& column) {
    return (session.engine() == sql::Engine::sqlite ? "pulse_sum(" : "sum(") + column + ")";
}

/// A time cut to its hour or day, as each engine says it.
[[nodiscard]] std::string floor_of(
    sql::Session& session, const std::string& column, const std::string& unit) {
    if (session.engine() == sql::Engine::sqlite) {
        return column + " - " + column + " % " + (unit == "hour" ? "3600000000" : "86400000000");
    }
    return "date_trunc('" + unit + "', " + column + ")";
}

void must_run(sql::Session& session, const std::string& statement) {
    const auto done = session.run(statement, {});
    ASSERT_TRUE(done) << statement << ": " << done.error().detail();
}

void fill_cost_rollups(sql::Session& session) {
    std::string columns;
    for (const char* column :
         {"org_id",
          "source",
          "provider",
          "service",
          "account",
          "region",
          "team",
          "project",
          "app",
          "client",
          "\"user\"",
          "model",
          "key_id",
          "usage_type",
          "charge_type"}) {
        columns.append("coalesce(").append(column).append(", ''), ");
    }
    for (const std::string unit : {"hour", "day"}) {
        must_run(session, "DELETE FROM cost_rollup_" + unit);
        must_run(
            session,
            "INSERT INTO cost_rollup_" + unit + " (" + unit + ", " + std::string{kRollupColumns} +
                ", events, amount, net_amount, amortized_amount) SELECT " +
                floor_of(session, "occurred_at", unit) + ", " + columns + "currency, count(*), " +
                sum(session, "amount") + ", " + sum(session, "net_amount") + ", " +
                sum(session, "amortized_amount") +
                " FROM cost_event GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,"
                " 17");
        for (const std::string by : {"", "model", "project", "team"}) {
            const std::string table = "cost_" + (by.empty() ? "source" : by) + "_" + unit;
            const std::string value = by.empty() ? "" : by + ", ";
            must_run(session, "DELETE FROM " + table);
            must_run(
                session,
                "INSERT INTO " + table + " SELECT " + unit + ", org_id, source, " + value +
                    "currency, sum(events), " + sum(session, "amount") + ", " +
                    sum(session, "net_amount") + ", " + sum(session, "amortized_amount") +
                    " FROM cost_rollup_" + unit + " GROUP BY 1, 2, 3, 4" +
                    (by.empty() ? "" : ", 5"));
        }
    }
}

[[nodiscard]] bool is_in(const std::vector<std::string>& values, const std::string& value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

Money Event::amount_of(CostType type) const {
    if (type == CostType::net) {
        return net_amount;
    }
    return type == CostType::amortized ? amortized_amount : amount;
}

Event make_event(TimePoint at, std::string_view amount) {
    Event event;
    event.at = at;
    event.of(Dimension::source) = "AI";
    event.amount = Money::parse(amount).value();
    event.net_amount = event.amount;
    event.amortized_amount = event.amount;
    return event;
}

bool is_wanted(const Event& event, const AccessScope& scope, const CostFilter& filter) {
    if (event.org != scope.org()) {
        return false;
    }
    if (scope.kind() == AccessScope::Kind::teams &&
        !is_in(scope.team_ids(), event.of(Dimension::team))) {
        return false;
    }
    if (scope.kind() == AccessScope::Kind::own &&
        (scope.user().empty() || event.of(Dimension::user) != scope.user()) &&
        !is_in(scope.keys(), event.of(Dimension::key))) {
        return false;
    }
    for (const auto& [dimension, values] : filter.dimensions) {
        if (!is_in(values, event.of(dimension))) {
            return false;
        }
    }
    for (const auto& [name, values] : filter.tags) {
        if (!is_in(values, event.tag(name))) {
            return false;
        }
    }
    return filter.currency.empty() || event.currency == filter.currency;
}

void insert_events(sql::Session& session, const std::vector<Event>& events) {
    auto transaction = sql::Transaction::begin(session);
    ASSERT_TRUE(transaction) << transaction.error().detail();
    std::uint64_t number = 0;
    for (const Event& event : events) {
        std::vector<sql::Value> values{sample_id(++number), event.at, event.org};
        for (const std::string& value : event.dimensions) {
            values.push_back(sql::or_null(value));
        }
        values.insert(
            values.end(),
            {event.amount,
             event.currency,
             event.net_amount,
             event.amortized_amount,
             event.tags.empty() ? sql::Value{} : sql::Value{tags_json(event)},
             sample_id(number)});
        const auto done = session.run(kInsertEvent, values);
        ASSERT_TRUE(done) << done.error().detail();
    }
    fill_cost_rollups(session);
    ASSERT_TRUE(transaction->commit());
}

void insert_requests(sql::Session& session, const std::vector<Request>& requests) {
    constexpr std::string_view kInsert =
        "INSERT INTO ai_request_log (id, ts, key_id, org, team, project, \"user\", end_user,"
        " dialect, api, stream, sandbox, provider, model_requested, model_served, attempts, status,"
        " outcome, error_code, input_uncached, cached_read, cache_write_5m, cache_write_1h,"
        " cache_write_unsplit, output_total, of_which_reasoning, of_input_audio, of_input_image,"
        " of_input_video, of_cached_audio, of_output_audio, of_output_image, input_audio_extra,"
        " web_search_requests, usage_source, estimated_cost, cost, currency, latency_us,"
        " overhead_us)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'openai', 'chat_completions', $9, $20, $10, $11,"
        " $12, 1, $13, $14, $15, $16, $17, 0, 0, 0, $18, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'provider', "
        "'0',"
        " $19, 'USD', $21, 10)";
    auto transaction = sql::Transaction::begin(session);
    ASSERT_TRUE(transaction) << transaction.error().detail();
    for (const Request& request : requests) {
        const Uuid id = sample_id(request.number);
        const auto done = session.run(
            kInsert,
            {id,
             id.time(),
             request.key_id,
             request.org,
             sql::or_null(request.team),
             sql::or_null(request.project),
             sql::or_null(request.user),
             sql::or_null(request.end_user),
             request.stream,
             request.provider,
             request.model_requested,
             request.model_served,
             request.status,
             request.outcome,
             sql::or_null(request.error_code),
             request.input_uncached,
             request.cached_read,
             request.output_total,
             request.cost,
             false,
             request.latency_us});
        ASSERT_TRUE(done) << done.error().detail();
    }
    ASSERT_TRUE(transaction->commit());
}

void fill_request_rollups(sql::Session& session) {
    const std::string refused = "sum(CASE WHEN outcome = 'refused' THEN 1 ELSE 0 END)";
    const std::string failed =
        "sum(CASE WHEN outcome IN ('refused', 'answered') THEN 0 ELSE 1 END)";
    for (const std::string unit : {"hour", "day"}) {
        must_run(session, "DELETE FROM request_rollup_" + unit);
        must_run(
            session,
            "INSERT INTO request_rollup_" + unit + " (" + unit +
                ", org, key_id, team, project, app, client, \"user\", provider, model, currency,"
                " requests, refused, failed, input_tokens, cached_tokens, output_tokens,"
                " latency_us, cost) SELECT " +
                floor_of(session, "ts", unit) +
                ", coalesce(org, ''), key_id, coalesce(team, ''), coalesce(project, ''),"
                " coalesce(app, ''), coalesce(client, ''), coalesce(\"user\", ''),"
                " coalesce(provider, ''), coalesce(model_served, ''), currency, count(*), " +
                refused + ", " + failed +
                ", sum(input_uncached + cached_read + cache_write_5m + cache_write_1h +"
                " cache_write_unsplit), sum(cached_read), sum(output_total), sum(latency_us), " +
                sum(session, "cost") +
                " FROM ai_request_log GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11");
    }
}

std::string plan_of(
    sql::Session& session, std::string_view statement, std::span<const sql::Value> parameters) {
    const bool is_sqlite = session.engine() == sql::Engine::sqlite;
    const std::string explain =
        (is_sqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN ") + std::string{statement};
    std::string plan;
    const auto done = session.each(explain, parameters, [&](const sql::Row& row) {
        plan.append(row.text(is_sqlite ? 3 : 0)).append("\n");
    });
    return done ? plan : done.error().detail();
}

}  // namespace pulse::storage::tests
