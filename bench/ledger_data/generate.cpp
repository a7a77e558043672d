#include "bench/ledger_data/generate.h"

#include "base/rfc3339.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace pulse::bench {
namespace {

using storage::sql::Engine;
using storage::sql::Session;

constexpr std::int64_t kChunk = 200'000;

/// The generator's statements in an engine's own words. `i` numbers the rows.
class Text {
public:
    Text(Engine engine, const LedgerData& data) : is_sqlite_(engine == Engine::sqlite) {
        begin_ms_ = milliseconds(data.begin);
        span_ms_ = milliseconds(data.end) - begin_ms_;
    }

    /// `facts`: i, ms (its time), k (its key), b, c, d (numbers below 65536), of rows [$1, $2).
    [[nodiscard]] std::string facts(std::int64_t rows) const {
        const std::string series =
            is_sqlite_ ? "WITH RECURSIVE series(i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM series"
                         " WHERE i + 1 < $2),"
                       : "WITH series(i) AS (SELECT generate_series(CAST($1 AS bigint),"
                         " CAST($2 AS bigint) - 1)),";
        return fmt::format(
            "{} raw AS (SELECT i, {} + i * {} / {} AS ms,"
            " i * 2654435761 % 4294967296 / 65536 AS a, i * 2246822519 % 4294967296 / 65536 AS b,"
            " i * 3266489917 % 4294967296 / 65536 AS c, i * 668265263 % 4294967296 / 65536 AS d"
            " FROM series),"
            " facts AS (SELECT i, ms, b, c, d, a * a * 200 / 4294967296 AS k FROM raw) ",
            series,
            begin_ms_,
            span_ms_,
            rows);
    }
    /// A version-7 id of `ms`; `kind` keeps the ids of several tables apart.
    [[nodiscard]] std::string id(const char* kind) const {
        if (is_sqlite_) {
            return fmt::format(
                "printf('%08x-%04x-7%03x-{}%03x-%012x', ms / 65536, ms % 65536, i % 4096,"
                " i / 4096 % 4096, i)",
                kind);
        }
        return fmt::format(
            "CAST(lpad(to_hex(ms / 65536), 8, '0') || '-' || lpad(to_hex(ms % 65536), 4, '0') ||"
            " '-7' || lpad(to_hex(i % 4096), 3, '0') || '-{}' ||"
            " lpad(to_hex(i / 4096 % 4096), 3, '0') || '-' || lpad(to_hex(i), 12, '0') AS uuid)",
            kind);
    }
    [[nodiscard]] std::string time() const {
        return is_sqlite_ ? "ms * 1000" : "timestamptz 'epoch' + ms * interval '1 millisecond'";
    }
    [[nodiscard]] std::string money(const std::string& pico) const {
        return is_sqlite_
                   ? fmt::format(
                         "printf('%d.%012d', ({0}) / 1000000000000, ({0}) % 1000000000000)", pico)
                   : fmt::format("CAST({} AS numeric) / 1000000000000", pico);
    }
    [[nodiscard]] const char* falsehood() const { return is_sqlite_ ? "0" : "false"; }
    [[nodiscard]] std::string truth(const std::string& condition) const {
        return is_sqlite_ ? condition : "(" + condition + ")";
    }
    [[nodiscard]] std::string tags() const {
        const std::string text = "'{\"env\":\"e' || (k % 4) || '\"}'";
        return is_sqlite_ ? text : "CAST(" + text + " AS jsonb)";
    }
    [[nodiscard]] std::string floor(const char* column, const char* unit) const {
        if (is_sqlite_) {
            return fmt::format(
                "{0} - {0} % {1}", column, unit[0] == 'h' ? "3600000000" : "86400000000");
        }
        return fmt::format("date_trunc('{}', {})", unit, column);
    }
    [[nodiscard]] std::string sum(const char* column) const {
        return fmt::format("{}({})", is_sqlite_ ? "pulse_sum" : "sum", column);
    }

private:
    [[nodiscard]] static std::int64_t milliseconds(TimePoint time) {
        return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
    }
    bool is_sqlite_;
    std::int64_t begin_ms_ = 0;
    std::int64_t span_ms_ = 0;
};

constexpr const char* kCost = "CASE WHEN c % 100 < 3 THEN 0 ELSE (d % 50000 + 1) * 1000003 END";
constexpr const char* kModel = "(k * 3 + b % 3) % 30";

[[nodiscard]] std::string insert_requests(const Text& text, std::int64_t rows) {
    return fmt::format(
        "{0} INSERT INTO ai_request_log (id, ts, key_id, org, team, project, \"user\", app, client,"
        " tags, dialect, api, stream, sandbox, provider, model_requested, model_served, attempts,"
        " status, outcome, error_code, input_uncached, cached_read, cache_write_5m, cache_write_1h,"
        " cache_write_unsplit, output_total, of_which_reasoning, of_input_audio, of_input_image,"
        " of_input_video, of_cached_audio, of_output_audio, of_output_image, input_audio_extra,"
        " web_search_requests, usage_source, estimated_cost, cost, cost_status, currency,"
        " latency_us, ttft_us, overhead_us)"
        " SELECT {1}, {2}, 'key_0199f0b2d4d0' || k, 'default', 'team-' || (k % 20),"
        " 'project-' || (k % 60), 'user-' || (k % 150), 'app-' || (k % 10), 'client-' || (k % 7), "
        "{3},"
        " 'openai', 'chat_completions', {4}, {5}, 'provider-' || ({6} % 6), 'model-' || ({6}),"
        " CASE WHEN c % 100 < 3 THEN NULL ELSE 'model-' || ({6}) END, 1,"
        " CASE WHEN c % 100 < 2 THEN 429 WHEN c % 100 < 3 THEN 502 ELSE 200 END,"
        " CASE WHEN c % 100 < 2 THEN 'refused' WHEN c % 100 < 3 THEN 'provider_error'"
        " ELSE 'answered' END, CASE WHEN c % 100 < 2 THEN 'rate_limited' WHEN c % 100 < 3"
        " THEN 'upstream_unavailable' WHEN c = 500 THEN 'rare' ELSE NULL END,"
        " d % 4000, d % 900, 0, 0, 0, b % 700, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'provider', {7}, {7},"
        " 'exact', 'USD', b * 37, b * 5, 90 FROM facts",
        text.facts(rows),
        text.id("8"),
        text.time(),
        text.tags(),
        text.truth("b % 2 = 0"),
        text.falsehood(),
        kModel,
        text.money(kCost));
}

[[nodiscard]] std::string insert_ai_events(const Text& text, std::int64_t rows) {
    return fmt::format(
        "{0} INSERT INTO cost_event (id, occurred_at, org_id, source, provider, service,"
        " resource_type, usage_type, team, project, app, client, \"user\", model, key_id, quantity,"
        " unit, amount, currency, net_amount, amortized_amount, tags, request_id)"
        " SELECT {1}, {2}, 'default', 'AI', 'provider-' || ({3} % 6), 'chat_completions', 'model',"
        " 'tokens', 'team-' || (k % 20), 'project-' || (k % 60), 'app-' || (k % 10), 'client-' || "
        "(k % 7),"
        " 'user-' || (k % 150), 'model-' || ({3}), 'key_0199f0b2d4d0' || k, 100, 'tokens', {4}, "
        "'USD',"
        " {4}, {4}, {5}, {6} FROM facts WHERE c % 100 >= 3",
        text.facts(rows),
        text.id("9"),
        text.time(),
        kModel,
        text.money(kCost),
        text.tags(),
        text.id("8"));
}

[[nodiscard]] std::string insert_bill(
    const Text& text, std::int64_t rows, const char* source, const char* currency) {
    return fmt::format(
        "{0} INSERT INTO cost_event (id, occurred_at, org_id, source, provider, service,"
        " resource_type, usage_type, charge_type, account, region, team, project, quantity, unit,"
        " amount, currency, net_amount, amortized_amount, tags)"
        " SELECT {1}, {2}, 'default', '{3}', '{3}', 'service-' || (b % 12), 'resource',"
        " 'type-' || (b % 40), CASE WHEN c % 50 = 0 THEN 'credit' ELSE 'usage' END,"
        " 'account-' || (c % 5), 'region-' || (c % 4),"
        " CASE WHEN c % 3 = 0 THEN NULL ELSE 'team-' || (k % 20) END, NULL, 1, 'Hrs', {4}, '{5}', "
        "{4},"
        " {4}, {6} FROM facts",
        text.facts(rows),
        text.id(source[0] == 'A' ? "a" : "b"),
        text.time(),
        source,
        text.money("(d + 1) * 100000003"),
        currency,
        text.tags());
}

constexpr const char* kEventDimensions =
    "coalesce(org_id, ''), source, coalesce(provider, ''), coalesce(service, ''),"
    " coalesce(account, ''), coalesce(region, ''), coalesce(team, ''), coalesce(project, ''),"
    " coalesce(app, ''), coalesce(client, ''), coalesce(\"user\", ''), coalesce(model, ''),"
    " coalesce(key_id, ''), coalesce(usage_type, ''), coalesce(charge_type, ''), currency";
constexpr const char* kRollupDimensions =
    "org_id, source, provider, service, account, region, team, project, app, client, \"user\","
    " model, key_id, usage_type, charge_type, currency";
constexpr const char* kRequestDimensions =
    "coalesce(org, ''), key_id, coalesce(team, ''), coalesce(project, ''), coalesce(app, ''),"
    " coalesce(client, ''), coalesce(\"user\", ''), coalesce(provider, ''),"
    " coalesce(model_served, ''), currency";
constexpr const char* kRequestRollupDimensions =
    "org, key_id, team, project, app, client, \"user\", provider, model, currency";

[[nodiscard]] std::vector<std::string> rollups(const Text& text) {
    const std::string amounts = fmt::format(
        "{}, {}, {}", text.sum("amount"), text.sum("net_amount"), text.sum("amortized_amount"));
    constexpr const char* kSums =
        "sum(input_tokens), sum(cached_tokens), sum(output_tokens), sum(latency_us)";
    std::vector<std::string> statements{
        fmt::format(
            "INSERT INTO cost_rollup_hour SELECT {}, {}, count(*), {} FROM cost_event"
            " GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17 ORDER BY 1",
            text.floor("occurred_at", "hour"),
            kEventDimensions,
            amounts),
        fmt::format(
            "INSERT INTO cost_rollup_day SELECT {}, {}, sum(events), {} FROM cost_rollup_hour"
            " GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17 ORDER BY 1",
            text.floor("hour", "day"),
            kRollupDimensions,
            amounts),
        fmt::format(
            "INSERT INTO request_rollup_hour SELECT {}, {}, count(*),"
            " sum(CASE WHEN outcome = 'refused' THEN 1 ELSE 0 END),"
            " sum(CASE WHEN outcome IN ('refused', 'answered') THEN 0 ELSE 1 END),"
            " sum(input_uncached + cached_read), sum(cached_read), sum(output_total),"
            " sum(latency_us), {} FROM ai_request_log GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11"
            " ORDER BY 1",
            text.floor("ts", "hour"),
            kRequestDimensions,
            text.sum("cost")),
        fmt::format(
            "INSERT INTO request_rollup_day SELECT {}, {}, sum(requests), sum(refused),"
            " sum(failed), {}, {} FROM request_rollup_hour"
            " GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 ORDER BY 1",
            text.floor("hour", "day"),
            kRequestRollupDimensions,
            kSums,
            text.sum("cost"))};
    for (const char* const unit : {"hour", "day"}) {
        for (const char* const by : {"model", "project", "team"}) {
            statements.push_back(fmt::format(
                "INSERT INTO cost_{0}_{1} SELECT {1}, org_id, source, {0}, currency, sum(events),"
                " {2} FROM cost_rollup_{1} GROUP BY 1, 2, 3, 4, 5 ORDER BY 1",
                by,
                unit,
                amounts));
        }
        statements.push_back(fmt::format(
            "INSERT INTO cost_source_{0} SELECT {0}, org_id, source, currency, sum(events), {1}"
            " FROM cost_team_{0} GROUP BY 1, 2, 3, 4 ORDER BY 1",
            unit,
            amounts));
    }
    return statements;
}

[[nodiscard]] Result<void> run_in_chunks(
    Session& session, const std::string& statement, std::int64_t rows) {
    for (std::int64_t first = 0; first < rows; first += kChunk) {
        auto done = session.run(statement, {first, std::min(first + kChunk, rows)});
        if (!done) {
            return done.error();
        }
    }
    return {};
}

[[nodiscard]] Result<void> run_all(Session& session, const std::vector<std::string>& statements) {
    for (const std::string& statement : statements) {
        if (auto done = session.run(statement, {}); !done) {
            return done.error();
        }
    }
    return {};
}

/// A partition for each day of requests and each month of costs.
[[nodiscard]] std::vector<std::string> partitions(const LedgerData& data) {
    using std::chrono::days;
    std::vector<std::string> statements;
    const auto make = [&](const char* table, std::string name, TimePoint begin, TimePoint end) {
        std::erase(name, '-');
        statements.push_back(fmt::format(
            "CREATE TABLE IF NOT EXISTS {0}_{1} PARTITION OF {0} FOR VALUES FROM ('{2}') TO"
            " ('{3}')",
            table,
            name,
            rfc3339_seconds(begin),
            rfc3339_seconds(end)));
    };
    for (TimePoint day = std::chrono::floor<days>(data.begin); day < data.end; day += days{1}) {
        make("ai_request_log", rfc3339_seconds(day).substr(0, 10), day, day + days{1});
    }
    const std::chrono::year_month_day first{std::chrono::floor<days>(data.begin)};
    for (auto month = first.year() / first.month();; month += std::chrono::months{1}) {
        const TimePoint begin{std::chrono::sys_days{month / 1}};
        if (begin >= data.end) {
            return statements;
        }
        const TimePoint end{std::chrono::sys_days{(month + std::chrono::months{1}) / 1}};
        make("cost_event", rfc3339_seconds(begin).substr(0, 7), begin, end);
    }
}

}  // namespace

Result<void> generate(Session& session, const LedgerData& data) {
    const bool is_sqlite = session.engine() == Engine::sqlite;
    const std::vector<std::string> before =
        is_sqlite
            ? std::vector<std::string>{"PRAGMA cache_size = -1000000", "PRAGMA synchronous = OFF"}
            : partitions(data);
    if (auto done = run_all(session, before); !done) {
        return done;
    }
    const Text text{session.engine(), data};
    for (const auto& [statement, rows] :
         {std::pair{insert_requests(text, data.requests), data.requests},
          std::pair{insert_ai_events(text, data.requests), data.requests},
          std::pair{insert_bill(text, data.requests / 20, "AWS", "USD"), data.requests / 20},
          std::pair{insert_bill(text, data.requests / 50, "OVH", "EUR"), data.requests / 50}}) {
        if (auto done = run_in_chunks(session, statement, rows); !done) {
            return done;
        }
    }
    if (auto done = run_all(session, rollups(text)); !done) {
        return done;
    }
    // As the program finds it: PostgreSQL analyses by itself, SQLite's cache is small.
    return run_all(
        session,
        is_sqlite ? std::vector<std::string>{"PRAGMA cache_size = -2000"}
                  : std::vector<std::string>{"VACUUM ANALYZE"});
}

}  // namespace pulse::bench
