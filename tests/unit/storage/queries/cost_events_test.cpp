#include "storage/queries/cost_events.h"

#include "base/rfc3339.h"
#include "tests/unit/storage/engines.h"
#include "tests/unit/storage/queries/events.h"

#include <gtest/gtest.h>

#include <set>

namespace pulse::storage::tests {
namespace {

[[nodiscard]] TimePoint at(std::string_view text) {
    return parse_rfc3339(text).value();
}

class CostEventsTest : public EngineTest {
protected:
    [[nodiscard]] CostEventPage ask(
        const CostEventSearch& search,
        const AccessScope& scope = AccessScope::organisation("acme")) {
        const auto page = search_cost_events(session(), scope, search);
        EXPECT_TRUE(page) << page.error().detail();
        return page ? *page : CostEventPage{};
    }
    const Stretch year_{at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")};
};

TEST_P(CostEventsTest, PagesGiveEachEventOnceTheLatestFirst) {
    std::vector<Event> events;
    for (int i = 0; i < 25; ++i) {
        // Some at the same moment, some months apart.
        events.push_back(make_event(
            at("2026-01-05T00:00:00Z") + std::chrono::hours{24 * 10 * (i / 2)}, "0.000000000001"));
    }
    insert_events(session(), events);
    CostEventSearch search{.time = year_, .filter = {}, .after = {}, .limit = 4};

    std::set<std::string> seen;
    TimePoint last = year_.end;
    for (int pages = 0; pages < 20; ++pages) {
        const CostEventPage page = ask(search);
        for (const CostEvent& event : page.rows) {
            EXPECT_TRUE(seen.insert(event.id.to_string()).second);
            EXPECT_LE(event.occurred_at, last);
            EXPECT_EQ(event.amount.to_string(), "0.000000000001");
            last = event.occurred_at;
        }
        search.after = page.next;
        if (!page.next) {
            break;
        }
        EXPECT_EQ(page.rows.size(), 4U);
    }

    EXPECT_EQ(seen.size(), events.size());
}

TEST_P(CostEventsTest, ShowsWhatScopeTimeAndFilterLetSee) {
    std::vector<Event> events{
        make_event(at("2026-02-01T00:00:00Z"), "1"),
        make_event(at("2026-03-01T00:00:00Z"), "2"),
        make_event(at("2026-04-01T00:00:00Z"), "3")};
    events[0].of(Dimension::team) = "core";
    events[1].of(Dimension::team) = "ads";
    events[2].of(Dimension::user) = "ada";
    insert_events(session(), events);

    EXPECT_EQ(ask({.time = year_, .filter = {}, .after = {}}).rows.size(), 3U);
    EXPECT_EQ(
        ask({.time = year_, .filter = {}, .after = {}}, AccessScope::teams("acme", {"core"}))
            .rows.size(),
        1U);
    EXPECT_EQ(
        ask({.time = year_, .filter = {}, .after = {}}, AccessScope::own("acme", "ada", {}))
            .rows.at(0)
            .amount.to_string(),
        "3");
    EXPECT_TRUE(ask({.time = year_, .filter = {}, .after = {}}, AccessScope::organisation("other"))
                    .rows.empty());
    CostFilter ads;
    ads.dimensions[Dimension::team] = {"ads"};
    EXPECT_EQ(ask({.time = year_, .filter = ads, .after = {}}).rows.at(0).amount.to_string(), "2");
    EXPECT_EQ(
        ask({.time = {at("2026-02-01T00:00:00Z"), at("2026-03-01T00:00:00Z")},
             .filter = {},
             .after = {}})
            .rows.size(),
        1U);
    EXPECT_FALSE(search_cost_events(
        session(),
        AccessScope::organisation("acme"),
        {.time = {year_.end, year_.begin}, .filter = {}, .after = {}}));
}

PULSE_ON_BOTH_ENGINES(CostEventsTest);

}  // namespace
}  // namespace pulse::storage::tests
