#include "base/rfc3339.h"
#include "base/time_zone.h"
#include "bench/ledger_data/generate.h"
#include "storage/database.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/session.h"
#include "storage/queries/cost_query.h"
#include "storage/queries/key_usage.h"
#include "storage/queries/kpis.h"
#include "storage/queries/request_detail.h"
#include "storage/queries/request_search.h"
#include "storage/queries/top_consumers.h"
#include "tests/support/postgres_server.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// How long the console's questions take, over a ledger made for it:
///   pulse_bench_queries sqlite|postgresql [REQUESTS [FOLDER]]
/// The database is made in a folder of its own (PostgreSQL: on a server of its own) and deleted.
/// PULSE_BENCH_PLANS=1 prints the plans too; PULSE_BENCH_URL asks a ledger that is there already.
/// Exits 1 where a question with a goal misses it.
namespace {

using namespace pulse;
using namespace pulse::storage;
using std::chrono::days;
using Steady = std::chrono::steady_clock;

constexpr int kRuns = 7;
const std::string kKey = "key_0199f0b2d4d03";

/// Of this process: SQLite's work, and of PostgreSQL the reading of its answers.
[[nodiscard]] double cpu_ms() {
    return static_cast<double>(std::clock()) * 1'000 / CLOCKS_PER_SEC;
}

[[nodiscard]] double milliseconds_since(Steady::time_point begin) {
    return std::chrono::duration<double, std::milli>(Steady::now() - begin).count();
}

/// A question, how many rows its answer has, and what it may take (0: no goal).
struct Question {
    const char* name;
    double goal_ms;
    std::function<std::size_t()> ask;
};

template <class T>
[[nodiscard]] T must(Result<T> result) {
    if (!result) {
        fmt::print(stderr, "{}\n", result.error().detail());
        std::exit(2);
    }
    return std::move(*result);
}

void must(const Result<void>& result) {
    if (!result) {
        fmt::print(stderr, "{}\n", result.error().detail());
        std::exit(2);
    }
}

/// All that the dashboard's first page asks.
[[nodiscard]] std::size_t ask_dashboard(
    sql::Session& session, const AccessScope& scope, const TimeZone& zone, TimePoint now) {
    std::size_t rows =
        must(cost_kpis(session, scope, {}, CostType::unblended, zone, now)).currencies.size();
    CostQuery trend;
    trend.time = {start_of(zone, local_date(zone, now) - days{30}), now};
    trend.group_by = {must(parse_group_key("day")), must(parse_group_key("source"))};
    rows += must(query_costs(session, scope, trend, zone)).rows.size();
    for (const Dimension dimension : {Dimension::project, Dimension::model}) {
        rows += must(top_consumers(session, scope, {}, dimension, trend.time, 5)).size();
    }
    return rows;
}

[[nodiscard]] std::vector<Question> questions(
    sql::Session& session, const bench::LedgerData& data) {
    static const AccessScope scope = AccessScope::organisation("default");
    static const TimeZone utc;
    static const TimeZone paris = must(TimeZone::open("Europe/Paris"));
    static const TimeZone kolkata = must(TimeZone::open("Asia/Kolkata"));
    const TimePoint now = data.end - std::chrono::hours{10} - std::chrono::minutes{17};
    const Stretch year{data.begin, data.end};
    const Stretch day{data.begin + days{200}, data.begin + days{201}};
    const auto costs_of = [&session](
                              Stretch time, std::vector<const char*> keys, const TimeZone& zone) {
        return [&session, time, keys, &zone] {
            CostQuery query;
            query.time = time;
            query.limit = CostQuery::kRowsMax;
            for (const char* key : keys) {
                query.group_by.push_back(must(parse_group_key(key)));
            }
            return must(query_costs(session, scope, query, zone)).rows.size();
        };
    };
    const auto costs = [&](std::vector<const char*> keys, const TimeZone& zone) {
        return costs_of(year, std::move(keys), zone);
    };
    const auto search = [&session](RequestSearch question) {
        return [&session, question] {
            return must(search_requests(session, scope, question)).rows.size();
        };
    };
    RequestSearch by_key_day;
    by_key_day.time = day;
    by_key_day.keys = {kKey};
    RequestSearch by_key_year = by_key_day;
    by_key_year.time = year;
    RequestSearch newest;
    newest.time = year;
    RequestSearch rare;
    rare.time = {data.end - days{31}, data.end};
    rare.error_codes = {"rare"};
    RequestSearch dear = newest;
    dear.projects = {"project-7"};
    dear.cost_min = must(Money::parse("0.049"));
    RequestSearch prefix = newest;
    prefix.id = must(search_requests(session, scope, by_key_year)).rows.at(0).id.to_string();
    const Uuid id = *Uuid::parse(prefix.id);
    prefix.id.resize(13);
    std::vector<Question> all;
    for (const auto& [name, zone] :
         {std::pair{"dashboard, UTC", &utc},
          std::pair{"dashboard, Europe/Paris", &paris},
          std::pair{"dashboard, Asia/Kolkata", &kolkata}}) {
        all.push_back({name, 200, [&session, zone, now] {
                           return ask_dashboard(session, scope, *zone, now);
                       }});
    }
    all.push_back({"year by day and model, UTC", 1'000, costs({"day", "model"}, utc)});
    all.push_back({"year by day and model, Europe/Paris", 0, costs({"day", "model"}, paris)});
    all.push_back({"year by day and model, Asia/Kolkata", 0, costs({"day", "model"}, kolkata)});
    all.push_back({"year by month, team, source", 1'000, costs({"month", "team", "source"}, utc)});
    // Of a year of many events it would end at the time that a statement has.
    const Stretch month{data.begin, data.begin + days{31}};
    all.push_back(
        {"month by day and tag (raw events)", 0, costs_of(month, {"day", "tag.env"}, utc)});
    all.push_back(
        {"key's year by day", 1'000, [&session, year] {
             return must(key_usage(session, scope, kKey, year, Granularity::day, utc)).size();
         }});
    all.push_back({"requests of a key and day", 200, search(by_key_day)});
    all.push_back({"requests of a key, a year", 200, search(by_key_year)});
    all.push_back({"newest requests of a year", 200, search(newest)});
    all.push_back({"dear requests of a project, a year", 200, search(dear)});
    all.push_back({"requests with a rare error, 31 days", 0, search(rare)});
    all.push_back({"requests by the first 13 characters", 200, search(prefix)});
    all.push_back({"one request, whole", 200, [&session, id] {
                       return must(request_detail(session, scope, id)).reratings.size() + 1;
                   }});
    return all;
}

/// Prints the plan of each statement that it passes on.
class ExplainingSession final : public sql::Session {
public:
    explicit ExplainingSession(sql::Session& session) : session_(session) {}
    using sql::Session::each;
    using sql::Session::run;
    [[nodiscard]] sql::Engine engine() const override { return session_.engine(); }
    [[nodiscard]] Result<std::int64_t> run(
        std::string_view statement, std::span<const sql::Value> parameters) override {
        return session_.run(statement, parameters);
    }
    [[nodiscard]] Result<void> each(
        std::string_view statement,
        std::span<const sql::Value> parameters,
        const std::function<void(const sql::Row&)>& take) override {
        const bool is_sqlite = engine() == sql::Engine::sqlite;
        must(session_.each(
            (is_sqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN (ANALYZE, TIMING OFF) ") +
                std::string{statement},
            parameters,
            [&](const sql::Row& row) { fmt::print("    {}\n", row.text(is_sqlite ? 3 : 0)); }));
        fmt::print("\n");
        return session_.each(statement, parameters, take);
    }
    [[nodiscard]] Result<void> execute_script(std::string_view script) override {
        return session_.execute_script(script);
    }
    [[nodiscard]] Result<void> begin() override { return session_.begin(); }
    [[nodiscard]] Result<void> commit() override { return session_.commit(); }
    void roll_back() override { session_.roll_back(); }

private:
    sql::Session& session_;
};

void print_plans(sql::Session& session, const bench::LedgerData& data) {
    ExplainingSession explaining{session};
    for (const Question& question : questions(explaining, data)) {
        fmt::print("{}\n", question.name);
        static_cast<void>(question.ask());
    }
}

/// Whether every question met its goal.
[[nodiscard]] bool measure(sql::Session& session, const bench::LedgerData& data) {
    bool is_good = true;
    fmt::print(
        "{:<38} {:>8} {:>10} {:>10} {:>10} {:>10}\n",
        "",
        "rows",
        "first ms",
        "p50 ms",
        "max ms",
        "CPU ms");
    for (const Question& question : questions(session, data)) {
        std::vector<double> times;
        std::size_t rows = 0;
        const double cpu_before = cpu_ms();
        for (int run = 0; run < kRuns; ++run) {
            const auto begin = Steady::now();
            rows = question.ask();
            times.push_back(milliseconds_since(begin));
            if (times.front() > 10'000) {
                break;
            }
        }
        const double cpu = (cpu_ms() - cpu_before) / static_cast<double>(times.size());
        const double first = times.front();
        std::sort(times.begin(), times.end());
        const double median = times[times.size() / 2];
        const bool has_met = question.goal_ms == 0 || median < question.goal_ms;
        is_good = is_good && has_met;
        fmt::print(
            "{:<38} {:>8} {:>10.1f} {:>10.1f} {:>10.1f} {:>10.1f}{}\n",
            question.name,
            rows,
            first,
            median,
            times.back(),
            cpu,
            has_met ? "" : fmt::format("  goal: {:.0f}", question.goal_ms));
        std::fflush(stdout);
    }
    return is_good;
}

[[nodiscard]] bool report(sql::Session& session, const bench::LedgerData& data) {
    const bool is_good = measure(session, data);
    if (std::getenv("PULSE_BENCH_PLANS") != nullptr) {
        print_plans(session, data);
    }
    return is_good;
}

/// A folder that is gone at the end.
class Folder {
public:
    explicit Folder(const std::filesystem::path& parent) {
        std::string pattern = (parent / "pulse-bench-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

}  // namespace

int main(int count, char** arguments) {
    const std::string_view engine = count > 1 ? arguments[1] : "";
    if (engine != "sqlite" && engine != "postgresql") {
        fmt::print(stderr, "usage: {} sqlite|postgresql [REQUESTS [FOLDER]]\n", arguments[0]);
        return 2;
    }
    bench::LedgerData data;
    if (count > 2) {
        const std::string_view text = arguments[2];
        std::from_chars(text.data(), text.data() + text.size(), data.requests);
    }
    data.begin = *parse_rfc3339("2025-12-01");
    data.end = *parse_rfc3339("2026-12-01");
    if (const char* const made = std::getenv("PULSE_BENCH_URL"); made != nullptr) {
        const std::unique_ptr<Database> database = must(open_database(made));
        return report(database->session(), data) ? 0 : 1;
    }
    const Folder folder{
        count > 3 ? std::filesystem::path{arguments[3]} : std::filesystem::temp_directory_path()};
    std::string url = "sqlite:" + (folder / "pulse.db").string();
    std::unique_ptr<tests::PostgresServer> server;
    if (engine == "postgresql") {
        std::string why;
        server = tests::PostgresServer::start(why);
        if (server == nullptr) {
            fmt::print(stderr, "{}\n", why);
            return 2;
        }
        url = server->url(server->create_database());
    }
    const std::unique_ptr<Database> database = must(open_database(url));
    must(database->migrate_up());
    const auto begin = Steady::now();
    if (engine == "postgresql") {
        // The program's own connections end a statement after seconds.
        postgres::Connection connection = must(postgres::Connection::make(url));
        connection.set_statement_timeout(std::chrono::hours{2});
        postgres::Session session{connection};
        must(bench::generate(session, data));
    } else {
        must(bench::generate(database->session(), data));
    }
    fmt::print(
        "{}: {} requests over a year, made in {:.1f} s\n",
        engine,
        data.requests,
        milliseconds_since(begin) / 1'000);
    std::fflush(stdout);
    return report(database->session(), data) ? 0 : 1;
}
