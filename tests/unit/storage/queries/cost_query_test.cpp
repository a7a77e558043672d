#include "storage/queries/cost_query.h"

#include "base/rfc3339.h"
#include "tests/unit/storage/engines.h"
#include "tests/unit/storage/queries/events.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace pulse::storage::tests {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;

[[nodiscard]] TimePoint at(std::string_view text) {
    return parse_rfc3339(text).value();
}

[[nodiscard]] GroupKey by(std::string_view word) {
    return parse_group_key(word).value();
}

[[nodiscard]] Money money(std::string_view text) {
    return Money::parse(text).value();
}

class CostQueryTest : public EngineTest {
protected:
    [[nodiscard]] Result<CostAnswer> ask(
        const CostQuery& query, const TimeZone& zone = {}, std::optional<AccessScope> scope = {}) {
        return query_costs(
            session(), scope.value_or(AccessScope::organisation("acme")), query, zone);
    }
};

/// Rows as text, one a line: "2026-03-29 core - | EUR 12.5".
[[nodiscard]] std::string text_of(const CostAnswer& answer) {
    std::string text;
    for (const CostRow& row : answer.rows) {
        for (const auto& value : row.values) {
            text.append(value.value_or("-")).append(" ");
        }
        text.append("| ").append(row.currency).append(" ").append(row.amount.to_string());
        text.append(" of ").append(std::to_string(row.events)).append("\n");
    }
    return text;
}

TEST_P(CostQueryTest, SumsByDimensionAndMonthWithMissingValuesAsNull) {
    std::vector<Event> events{
        make_event(at("2026-03-31T23:59:59.999999Z"), "0.1"),
        make_event(at("2026-04-01T00:00:00Z"), "0.2"),
        make_event(at("2026-04-30T12:00:00Z"), "-0.000000000001")};
    events[1].of(Dimension::team) = "core";
    events[2].currency = "EUR";
    insert_events(session(), events);
    CostQuery query;
    query.time = {at("2026-03-01T00:00:00Z"), at("2026-05-01T00:00:00Z")};
    query.group_by = {by("month"), by("team")};

    const CostAnswer answer = ask(query).value();

    EXPECT_EQ(
        text_of(answer),
        "2026-03 - | USD 0.1 of 1\n2026-04 - | EUR -0.000000000001 of 1\n"
        "2026-04 core | USD 0.2 of 1\n");
    ASSERT_EQ(answer.totals.size(), 2U);
    EXPECT_EQ(answer.totals[0].amount, money("-0.000000000001"));
    EXPECT_EQ(answer.totals[1].amount, money("0.3"));
    EXPECT_FALSE(answer.is_truncated);
}

TEST_P(CostQueryTest, GivesTheTotalOfAllAlsoWhereRowsAreLeftOut) {
    std::vector<Event> events;
    for (int i = 0; i < 10; ++i) {
        events.push_back(make_event(at("2026-03-01T00:00:00Z") + hours{i}, "1.5"));
        events.back().of(Dimension::project) = "p" + std::to_string(i);
    }
    insert_events(session(), events);
    CostQuery query;
    query.time = {at("2026-03-01T00:00:00Z"), at("2026-03-02T00:00:00Z")};
    query.group_by = {by("project")};
    query.limit = 3;

    const CostAnswer answer = ask(query).value();

    EXPECT_EQ(text_of(answer), "p0 | USD 1.5 of 1\np1 | USD 1.5 of 1\np2 | USD 1.5 of 1\n");
    EXPECT_TRUE(answer.is_truncated);
    ASSERT_EQ(answer.totals.size(), 1U);
    EXPECT_EQ(answer.totals[0].amount, money("15"));
}

TEST_P(CostQueryTest, TakesHostileFilterValuesAndTagNamesForData) {
    std::vector<Event> events{make_event(at("2026-03-01T00:00:00Z"), "1")};
    events[0].of(Dimension::team) = "a' OR '1'='1";
    events[0].tags = {{"env\\\" ] $.x", "it's"}, {"0", "zero"}};
    insert_events(session(), events);
    CostQuery query;
    query.time = {at("2026-03-01T00:00:00Z"), at("2026-03-02T00:00:00Z")};

    for (const char* hostile :
         {"' OR 1=1 --", "\"; DROP TABLE cost_event; --", "$1", "%", "a' OR '1'='1'", "\\"}) {
        CostQuery refused = query;
        refused.filter.dimensions[Dimension::team] = {hostile};
        EXPECT_EQ(text_of(ask(refused).value()), "") << hostile;
        CostQuery by_tag = query;
        by_tag.filter.tags[hostile] = {hostile};
        EXPECT_EQ(text_of(ask(by_tag).value()), "") << hostile;
        CostQuery in_currency = query;
        in_currency.filter.currency = hostile;
        EXPECT_EQ(text_of(ask(in_currency).value()), "") << hostile;
    }
    query.filter.dimensions[Dimension::team] = {"a' OR '1'='1"};
    query.filter.tags["env\" ] $.x"] = {"it's"};
    query.group_by = {by("tag.0"), by("tag.$.x"), by("team")};
    EXPECT_EQ(text_of(ask(query).value()), "zero - a' OR '1'='1 | USD 1 of 1\n");
}

TEST_P(CostQueryTest, RefusesWhatIsNoQuestionAndSaysWhy) {
    CostQuery good;
    good.time = {at("2026-03-01T00:00:00Z"), at("2026-03-02T00:00:00Z")};
    CostQuery backwards = good;
    std::swap(backwards.time.begin, backwards.time.end);
    CostQuery twice = good;
    twice.group_by = {by("team"), by("team")};
    CostQuery none = good;
    none.filter.dimensions[Dimension::team] = {};
    CostQuery unlimited = good;
    unlimited.limit = CostQuery::kRowsMax + 1;
    CostQuery hourly = good;
    hourly.granularity = Granularity::hour;
    CostQuery many = good;
    many.filter.dimensions[Dimension::model].assign(CostFilter::kValuesMax + 1, "m");

    for (const CostQuery& bad : {backwards, twice, none, unlimited, hourly, many}) {
        const auto answer = ask(bad);
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().code(), Errc::invalid_request);
        EXPECT_FALSE(answer.error().detail().empty());
    }
    EXPECT_TRUE(ask(good)->rows.empty());
    for (const char* word : {"", "tag.", "days", "team;", "TEAM", "amount"}) {
        EXPECT_FALSE(parse_group_key(word)) << word;
    }
}

// ---- against plain sums over random events ----

/// The same answer by the plainest means.
[[nodiscard]] std::string expected_text(
    const std::vector<Event>& events,
    const CostQuery& query,
    const TimeZone& zone,
    const AccessScope& scope) {
    std::map<std::vector<std::string>, std::pair<Money, int>> sums;
    for (const Event& event : events) {
        if (event.at < query.time.begin || event.at >= query.time.end ||
            !is_wanted(event, scope, query.filter)) {
            continue;
        }
        const auto second = std::chrono::floor<std::chrono::seconds>(event.at.time_since_epoch());
        const TimePoint local =
            event.at + std::chrono::seconds{zone.span_at(second.count()).offset};
        const std::string day = rfc3339_seconds(local).substr(0, 10);
        std::vector<std::string> values;
        for (const GroupKey& key : query.group_by) {
            switch (key.kind) {
                case GroupKey::Kind::day:
                    values.push_back(day);
                    break;
                case GroupKey::Kind::month:
                    values.push_back(day.substr(0, 7));
                    break;
                case GroupKey::Kind::tag:
                    values.push_back(event.tag(key.tag));
                    break;
                case GroupKey::Kind::dimension:
                    values.push_back(event.of(key.dimension));
                    break;
            }
        }
        values.push_back(event.currency);
        auto& [sum, count] = sums[values];
        sum += event.amount_of(query.cost_type);
        ++count;
    }
    CostAnswer answer;
    for (const auto& [values, sum] : sums) {
        CostRow row;
        for (std::size_t i = 0; i + 1 < values.size(); ++i) {
            row.values.push_back(values[i].empty() ? std::nullopt : std::optional{values[i]});
        }
        row.currency = values.back();
        row.amount = sum.first;
        row.events = sum.second;
        answer.rows.push_back(std::move(row));
    }
    return text_of(answer);
}

class Random {
public:
    explicit Random(unsigned seed) : engine_(seed) {}
    [[nodiscard]] int below(int bound) {
        return static_cast<int>(engine_() % static_cast<unsigned>(bound));
    }
    [[nodiscard]] bool one_in(int chances) { return below(chances) == 0; }
    [[nodiscard]] Money amount() {
        const auto pico = static_cast<std::int64_t>(engine_() >> 1U);
        return Money::from_pico(one_in(4) ? -pico : pico);
    }
    /// Within 40 days around a change of clocks; often on an hour or a day, or a microsecond off.
    [[nodiscard]] TimePoint time() {
        static const std::array kMiddles{
            at("2026-03-08T06:30:00Z"), at("2026-03-29T01:00:00Z"), at("2026-11-01T04:30:00Z")};
        TimePoint time = kMiddles[static_cast<std::size_t>(below(3))] + hours{below(960) - 480};
        if (one_in(2)) {
            time += microseconds{static_cast<std::int64_t>(engine_() % 3'600'000'000U)};
        } else if (one_in(2)) {
            time = std::chrono::floor<std::chrono::days>(time);
        }
        return one_in(3) ? time + microseconds{below(3) - 1} : time;
    }
    [[nodiscard]] std::string word(const char* prefix, int count) {
        const int number = below(count + 1);
        return number == 0 ? std::string{} : prefix + std::to_string(number);
    }

private:
    std::mt19937_64 engine_;
};

[[nodiscard]] Event random_event(Random& random) {
    Event event = make_event(random.time(), "0");
    event.org = random.one_in(5) ? "other" : "acme";
    for (const Dimension dimension : all_dimensions()) {
        event.of(dimension) = random.word("Value-é", 2);
    }
    event.of(Dimension::source) = random.one_in(3) ? "AWS" : "AI";
    event.of(Dimension::team) = random.word("team", 3);
    if (random.one_in(2)) {
        event.tags["env"] = random.one_in(2) ? "prod" : "test";
    }
    event.currency = random.one_in(4) ? "EUR" : "USD";
    event.amount = random.amount();
    event.net_amount = random.amount();
    event.amortized_amount = random.amount();
    return event;
}

[[nodiscard]] CostQuery random_query(Random& random) {
    CostQuery query;
    query.time = {random.time(), random.time()};
    if (query.time.end < query.time.begin) {
        std::swap(query.time.begin, query.time.end);
    }
    query.time.end += microseconds{1};
    query.cost_type = static_cast<CostType>(random.below(3));
    std::vector<GroupKey> keys{by("day"), by("month"), by("tag.env")};
    for (const Dimension dimension : all_dimensions()) {
        keys.push_back({GroupKey::Kind::dimension, dimension, {}});
    }
    for (int count = random.below(4); count > 0; --count) {
        const GroupKey& key =
            random.one_in(2)
                ? keys[0]
                : keys[static_cast<std::size_t>(random.below(static_cast<int>(keys.size())))];
        if (std::find(query.group_by.begin(), query.group_by.end(), key) == query.group_by.end()) {
            query.group_by.push_back(key);
        }
    }
    if (random.one_in(3)) {
        query.filter.dimensions[Dimension::team] = {random.word("team", 3), "team1"};
    }
    if (random.one_in(3)) {
        query.filter.dimensions[Dimension::model] = {random.word("Value-é", 2)};
    }
    if (random.one_in(6)) {
        query.filter.tags["env"] = {random.one_in(2) ? "prod" : ""};
    }
    if (random.one_in(4)) {
        query.filter.currency = "EUR";
    }
    return query;
}

[[nodiscard]] AccessScope random_scope(Random& random) {
    switch (random.below(4)) {
        case 0:
            return AccessScope::teams("acme", {"team1", random.word("team", 3)});
        case 1:
            return AccessScope::own("acme", "Value-é1", {random.word("Value-é", 2)});
        default:
            return AccessScope::organisation(random.one_in(5) ? "other" : "acme");
    }
}

TEST_P(CostQueryTest, AgreesWithPlainSumsToTheLastDigitInEveryZone) {
    Random random{20'261'121};
    std::vector<Event> events;
    for (int i = 0; i < 1'200; ++i) {
        events.push_back(random_event(random));
    }
    insert_events(session(), events);
    const std::array zones{"UTC", "Europe/Paris", "Asia/Kolkata", "America/St_Johns"};

    for (int i = 0; i < 160; ++i) {
        const char* name = zones[static_cast<std::size_t>(i) % zones.size()];
        const TimeZone zone = TimeZone::open(name).value();
        const CostQuery query = random_query(random);
        const AccessScope scope = random_scope(random);

        const auto answer = ask(query, zone, scope);

        ASSERT_TRUE(answer) << answer.error().detail();
        std::string grouped;
        for (const GroupKey& key : query.group_by) {
            grouped += to_string(key) + " ";
        }
        ASSERT_EQ(text_of(*answer), expected_text(events, query, zone, scope))
            << name << " " << rfc3339_micros(query.time.begin) << " "
            << rfc3339_micros(query.time.end) << " by " << grouped;
    }
}

PULSE_ON_BOTH_ENGINES(CostQueryTest);

}  // namespace
}  // namespace pulse::storage::tests
