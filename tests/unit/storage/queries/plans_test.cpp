#include "base/rfc3339.h"
#include "storage/queries/detail/cost_sums.h"
#include "storage/queries/detail/request_search_sql.h"
#include "storage/queries/detail/request_sums.h"
#include "tests/unit/storage/engines.h"
#include "tests/unit/storage/queries/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

/// That the questions are answered from where they should be: rollups, indexes, single partitions.
namespace pulse::storage::tests {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

[[nodiscard]] TimePoint at(std::string_view text) {
    return parse_rfc3339(text).value();
}

class PlansTest : public EngineTest {
protected:
    void SetUp() override {
        EngineTest::SetUp();
        if (IsSkipped() || engine() == sql::Engine::sqlite) {
            return;
        }
        // Three days of requests and three months of costs, away from those that are made ahead.
        for (const char* statement :
             {"CREATE TABLE log_first PARTITION OF ai_request_log FOR VALUES FROM ('2020-03-01') TO"
              " ('2020-03-02')",
              "CREATE TABLE log_second PARTITION OF ai_request_log FOR VALUES FROM ('2020-03-02')"
              " TO ('2020-03-03')",
              "CREATE TABLE log_third PARTITION OF ai_request_log FOR VALUES FROM ('2020-03-03')"
              " TO ('2020-03-04')",
              "CREATE TABLE costs_march PARTITION OF cost_event FOR VALUES FROM ('2020-03-01') TO"
              " ('2020-04-01')",
              "CREATE TABLE costs_april PARTITION OF cost_event FOR VALUES FROM ('2020-04-01') TO"
              " ('2020-05-01')",
              // Tables are empty here: without this a sequential scan is as good as any.
              "SET enable_seqscan = off",
              "SET enable_bitmapscan = off"}) {
            const auto done = session().run(statement, {});
            ASSERT_TRUE(done) << done.error().detail();
        }
    }

    [[nodiscard]] bool is_sqlite() const { return engine() == sql::Engine::sqlite; }
    [[nodiscard]] std::string plan_of_costs(
        const Stretch& time,
        Granularity granularity,
        const char* zone,
        const CostFilter& filter,
        Dimension by = Dimension::model,
        const AccessScope& scope = AccessScope::organisation("acme")) {
        const auto buckets = buckets_of(TimeZone::open(zone).value(), granularity, time).value();
        std::vector<Stretch> stretches;
        for (const Bucket& bucket : buckets) {
            stretches.push_back(bucket.time);
        }
        const detail::SumKey keys[] = {detail::ByStretch{}, by};
        const auto statement = detail::cost_sums_statement(
            engine(), {scope, filter, stretches, keys, CostType::unblended, 1'000});
        return plan_of(session(), statement.text(), statement.parameters());
    }
    [[nodiscard]] std::string plan_of_search(
        const RequestSearch& search, const AccessScope& scope = AccessScope::organisation("acme")) {
        const auto statement = detail::request_search_statement(engine(), scope, search).value();
        return plan_of(session(), statement.text(), statement.parameters());
    }
};

const Stretch kYear{at("2020-01-01T00:00:00Z"), at("2021-01-01T00:00:00Z")};

TEST_P(PlansTest, AYearInUtcIsReadFromDailyRollupsByTheirKey) {
    const std::string plan = plan_of_costs(kYear, Granularity::day, "UTC", {});

    EXPECT_THAT(
        plan,
        HasSubstr(
            is_sqlite() ? "SEARCH t USING PRIMARY KEY (day>? AND day<?)"
                        : "Index Scan using cost_model_day_pkey on cost_model_day t"));
    EXPECT_THAT(plan, AllOf(Not(HasSubstr("hour")), Not(HasSubstr("occurred_at"))));
}

TEST_P(PlansTest, AYearOfAnotherZoneIsReadFromRollupsAlone) {
    const std::string plan = plan_of_costs(kYear, Granularity::day, "Europe/Paris", {});

    EXPECT_THAT(plan, HasSubstr(is_sqlite() ? "(hour>? AND hour<?)" : "cost_model_hour_pkey"));
    EXPECT_THAT(plan, AllOf(Not(HasSubstr("occurred_at")), Not(HasSubstr("cost_event"))));
}

/// SQLite's plans name no table, but its key's columns; PostgreSQL's name the index.
TEST_P(PlansTest, TheRollupsWithTheFewestRowsThatKnowTheAnswerAreRead) {
    struct Case {
        Dimension by;
        std::vector<Dimension> filters;
        AccessScope scope;
        const char* table;
    };
    const AccessScope all = AccessScope::organisation("acme");
    const AccessScope team = AccessScope::teams("acme", {"t"});
    const AccessScope own = AccessScope::own("acme", "me", {"k"});
    const std::vector<Case> cases{
        {Dimension::source, {}, all, "cost_source"},
        {Dimension::source, {Dimension::source}, all, "cost_source"},
        {Dimension::source, {Dimension::team}, all, "cost_team"},
        {Dimension::source, {}, team, "cost_team"},
        {Dimension::team, {}, team, "cost_team"},
        {Dimension::model, {Dimension::source}, all, "cost_model"},
        {Dimension::project, {}, all, "cost_project"},
        {Dimension::project, {Dimension::project}, all, "cost_project"},
        {Dimension::project, {Dimension::model}, all, "cost_rollup"},
        {Dimension::project, {}, team, "cost_rollup"},
        {Dimension::key, {}, all, "cost_rollup"},
        {Dimension::source, {}, own, "cost_rollup"}};
    for (const Case& one : cases) {
        CostFilter filter;
        for (const Dimension dimension : one.filters) {
            filter.dimensions[dimension] = {"value"};
        }
        const detail::SumKey keys[] = {detail::ByStretch{}, one.by};
        const Stretch times[] = {{at("2020-03-01T05:00:00Z"), at("2020-03-05T05:00:00Z")}};

        const auto statement = detail::cost_sums_statement(
            engine(), {one.scope, filter, times, keys, CostType::unblended, 10});
        const std::string plan = plan_of(session(), statement.text(), statement.parameters());

        const std::string name = std::string{one.table} + " " + std::string{to_string(one.by)};
        for (const char* const stretch : {"_hour", "_day"}) {
            EXPECT_THAT(statement.text(), HasSubstr(one.table + std::string{stretch})) << name;
            if (!is_sqlite()) {
                EXPECT_THAT(plan, HasSubstr(one.table + std::string{stretch} + "_pkey")) << name;
            }
        }
        EXPECT_THAT(plan, AllOf(Not(HasSubstr("SCAN t")), Not(HasSubstr("Seq Scan")))) << name;
        EXPECT_THAT(statement.text(), Not(HasSubstr("cost_event"))) << name;
    }
}

TEST_P(PlansTest, EdgesWithinAnHourReadTheirOwnEventsOnly) {
    const Stretch time{at("2020-03-05T10:20:00Z"), at("2020-03-20T00:00:00Z")};

    const std::string plan = plan_of_costs(time, Granularity::total, "UTC", {});

    EXPECT_THAT(
        plan,
        HasSubstr(
            is_sqlite() ? "SEARCH t USING PRIMARY KEY (occurred_at>? AND occurred_at<?)"
                        : "Index Scan using costs_march_occurred_at_id_idx on costs_march"));
    EXPECT_THAT(
        plan,
        AllOf(
            Not(HasSubstr("SCAN t")),
            Not(HasSubstr("Seq Scan")),
            Not(HasSubstr("costs_april")),
            Not(HasSubstr("cost_event_default"))));
}

TEST_P(PlansTest, TagsAreReadFromTheMonthsPartitionOfEvents) {
    CostFilter filter;
    filter.tags["env"] = {"prod"};
    const Stretch time{at("2020-04-01T00:00:00Z"), at("2020-05-01T00:00:00Z")};

    const std::string plan = plan_of_costs(time, Granularity::total, "UTC", filter);

    EXPECT_THAT(plan, HasSubstr(is_sqlite() ? "(occurred_at>? AND occurred_at<?)" : "costs_april"));
    EXPECT_THAT(plan, AllOf(Not(HasSubstr("costs_march")), Not(HasSubstr("cost_event_default"))));
}

TEST_P(PlansTest, ASearchReadsAnIndexOfItsDaysAndNeverTheWholeLog) {
    RequestSearch search;
    search.time = {at("2020-03-02T00:00:00Z"), at("2020-03-03T00:00:00Z")};
    struct Case {
        const char* name;
        const char* sqlite_index;
        std::function<void(RequestSearch&)> ask;
    };
    const std::vector<Case> cases{
        {"nothing",
         "ai_request_log_org (org=? AND ts>? AND ts<?)",
         [](auto&) {
         }},
        {"key",
         "ai_request_log_key (key_id=? AND ts>? AND ts<?)",
         [](auto& s) {
             s.keys = {"k"};
         }},
        {"keys",
         "ai_request_log_org (",
         [](auto& s) {
             s.keys = {"k", "l"};
         }},
        {"team",
         "ai_request_log_org (",
         [](auto& s) {
             s.teams = {"t"};
         }},
        {"project",
         "ai_request_log_project (org=? AND project=? AND ts>? AND ts<?)",
         [](auto& s) {
             s.projects = {"p"};
         }},
        {"end user",
         "ai_request_log_end_user (end_user=? AND ts>? AND ts<?)",
         [](auto& s) {
             s.end_users = {"e"};
         }},
        {"model",
         "ai_request_log_org (",
         [](auto& s) {
             s.models = {"m"};
         }},
        {"status",
         "ai_request_log_org (",
         [](auto& s) {
             s.statuses = {500};
         }},
        {"cost",
         "ai_request_log_org (",
         [](auto& s) {
             s.cost_min = Money::from_pico(1);
         }},
        {"id",
         "ai_request_log_org (",
         [](auto& s) {
             s.id = "0170";
         }},
        {"page", "ai_request_log_key (", [](auto& s) {
             s.keys = {"k"};
             s.after = RequestCursor{at("2020-03-02T12:00:00Z"), Uuid{}};
         }}};

    for (const Case& one : cases) {
        RequestSearch asked = search;
        one.ask(asked);
        const std::string plan = plan_of_search(asked);

        if (is_sqlite()) {
            EXPECT_THAT(plan, HasSubstr(one.sqlite_index)) << one.name;
            EXPECT_THAT(plan, Not(HasSubstr("SCAN"))) << one.name;
            // At most the rows of one millisecond are sorted.
            EXPECT_THAT(plan, Not(HasSubstr("B-TREE FOR ORDER BY"))) << one.name;
        } else {
            EXPECT_THAT(plan, HasSubstr("Index Scan")) << one.name;
            EXPECT_THAT(plan, HasSubstr("log_second")) << one.name;
            for (const char* other : {"Seq Scan", "log_first", "log_third", "log_default"}) {
                EXPECT_THAT(plan, Not(HasSubstr(other))) << one.name;
            }
        }
    }
    const std::string own = plan_of_search(search, AccessScope::own("acme", "me", {"k"}));
    EXPECT_THAT(own, HasSubstr(is_sqlite() ? "ai_request_log_org (" : "log_second"));
}

TEST_P(PlansTest, UsageOfAKeyReadsRollupsAndOnlyTheLogOfItsEdges) {
    const Stretch time[] = {{at("2020-03-02T10:20:00Z"), at("2020-09-01T00:00:00Z")}};
    const std::string keys[] = {"k"};
    const AccessScope scope = AccessScope::organisation("acme");

    const auto statement =
        detail::request_sums_statement(engine(), {scope, time, std::nullopt, Dimension::key, keys});
    const std::string plan = plan_of(session(), statement.text(), statement.parameters());

    if (is_sqlite()) {
        EXPECT_THAT(plan, HasSubstr("SEARCH t USING PRIMARY KEY (day>? AND day<?)"));
        EXPECT_THAT(plan, AllOf(HasSubstr("ts>? AND ts<?"), Not(HasSubstr("SCAN t"))));
    } else {
        EXPECT_THAT(plan, AllOf(HasSubstr("request_rollup_day_pkey"), HasSubstr("log_second")));
        EXPECT_THAT(plan, AllOf(Not(HasSubstr("log_third")), Not(HasSubstr("log_default"))));
    }
}

PULSE_ON_BOTH_ENGINES(PlansTest);

}  // namespace
}  // namespace pulse::storage::tests
