#include "storage/queries/kpis.h"

#include "base/rfc3339.h"
#include "tests/unit/storage/engines.h"
#include "tests/unit/storage/queries/events.h"

#include <gtest/gtest.h>

namespace pulse::storage::tests {
namespace {

[[nodiscard]] TimePoint at(std::string_view text) {
    return parse_rfc3339(text).value();
}

[[nodiscard]] Money money(std::string_view text) {
    return Money::parse(text).value();
}

class KpisTest : public EngineTest {
protected:
    [[nodiscard]] Kpis kpis(
        std::string_view now, const char* zone = "UTC", const CostFilter& filter = {}) {
        return cost_kpis(
                   session(),
                   AccessScope::organisation("acme"),
                   filter,
                   CostType::unblended,
                   TimeZone::open(zone).value(),
                   at(now))
            .value();
    }
};

TEST_P(KpisTest, AreZeroWhereNothingWasSpent) {
    const Kpis found = kpis("2026-03-15T12:00:00Z");

    ASSERT_EQ(found.currencies.size(), 1U);
    EXPECT_EQ(found.currencies[0].currency, "USD");
    EXPECT_TRUE(found.currencies[0].month_to_date.is_zero());
    EXPECT_TRUE(found.currencies[0].forecast.is_zero());
    EXPECT_EQ(found.currencies[0].against_same_days, (Change{}));
    EXPECT_EQ(found.days_of_month, 31);
}

TEST_P(KpisTest, CompareTheMonthWithTheSameDaysAndWithAllOfTheLastOne) {
    insert_events(
        session(),
        {make_event(at("2026-01-31T23:59:59.999999Z"), "1000"),
         make_event(at("2026-02-01T00:00:00Z"), "10"),
         make_event(at("2026-02-03T23:59:59.999999Z"), "20"),
         make_event(at("2026-02-04T00:00:00Z"), "6"),
         make_event(at("2026-03-01T00:00:00Z"), "12"),
         make_event(at("2026-03-02T10:00:00Z"), "18"),
         make_event(at("2026-03-03T09:00:00Z"), "5"),
         make_event(at("2026-03-04T00:00:00Z"), "1000")});

    const CurrencyKpis found = kpis("2026-03-03T10:00:00Z").currencies.at(0);

    EXPECT_EQ(found.today, money("5"));
    EXPECT_EQ(found.month_to_date, money("35"));
    EXPECT_EQ(found.last_month_same_days, money("30"));
    EXPECT_EQ(found.last_month, money("36"));
    EXPECT_EQ(found.against_same_days, (Change{money("5"), "16.67"}));
    EXPECT_EQ(found.against_last_month, (Change{money("-1"), "-2.78"}));
    // 30 on two full days: 15 a day, today at least as much, and 28 days more.
    EXPECT_EQ(found.forecast, money("465"));
}

TEST_P(KpisTest, TakeAllOfAShorterLastMonth) {
    insert_events(
        session(),
        {make_event(at("2026-02-01T00:00:00Z"), "1"),
         make_event(at("2026-02-28T23:00:00Z"), "2"),
         make_event(at("2026-03-31T01:00:00Z"), "4")});

    const CurrencyKpis found = kpis("2026-03-31T10:00:00Z").currencies.at(0);

    EXPECT_EQ(found.last_month_same_days, money("3"));
    EXPECT_EQ(found.last_month, money("3"));
    EXPECT_EQ(found.month_to_date, money("4"));
}

TEST_P(KpisTest, CountDaysOfTheZoneAndEachCurrencyByItself) {
    std::vector<Event> events{
        make_event(at("2026-02-28T18:29:59.999999Z"), "1"),  // the last of February in India
        make_event(at("2026-02-28T18:30:00Z"), "2"),         // 1 March
        make_event(at("2026-03-01T18:30:00Z"), "4")};        // 2 March
    events[2].currency = "EUR";
    insert_events(session(), events);

    const Kpis found = kpis("2026-03-01T19:00:00Z", "Asia/Kolkata");

    ASSERT_EQ(found.currencies.size(), 2U);
    EXPECT_EQ(found.currencies[0].currency, "EUR");
    EXPECT_EQ(found.currencies[0].today, money("4"));
    EXPECT_EQ(found.currencies[1].month_to_date, money("2"));
    EXPECT_EQ(found.currencies[1].last_month, money("1"));
    EXPECT_TRUE(found.currencies[1].today.is_zero());
}

TEST_P(KpisTest, CountOneSourceWhereItIsAskedFor) {
    std::vector<Event> events{
        make_event(at("2026-03-01T00:00:00Z"), "1"), make_event(at("2026-03-01T01:00:00Z"), "2")};
    events[1].of(Dimension::source) = "AWS";
    insert_events(session(), events);
    CostFilter aws;
    aws.dimensions[Dimension::source] = {"AWS"};
    CostFilter ovh;
    ovh.dimensions[Dimension::source] = {"OVH"};
    ovh.currency = "EUR";

    EXPECT_EQ(kpis("2026-03-02T00:00:00Z", "UTC", aws).currencies.at(0).month_to_date, money("2"));
    const Kpis all = kpis("2026-03-02T00:00:00Z");
    EXPECT_EQ(all.currencies.at(0).month_to_date, money("3"));
    ASSERT_EQ(all.sources.size(), 2U);
    EXPECT_EQ(all.sources.at("AWS").at(0).month_to_date, money("2"));
    EXPECT_EQ(all.sources.at("AI").at(0).month_to_date, money("1"));
    EXPECT_EQ(kpis("2026-03-02T00:00:00Z", "UTC", ovh).currencies.at(0).currency, "EUR");
}

PULSE_ON_BOTH_ENGINES(KpisTest);

}  // namespace
}  // namespace pulse::storage::tests
