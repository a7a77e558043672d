#include "base/rfc3339.h"
#include "storage/queries/key_usage.h"
#include "storage/queries/top_consumers.h"
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

constexpr std::uint64_t kHourMs = 3'600'000;

/// 300 requests, one each 37 minutes from the begin of 2026: of three keys, some refused or failed.
[[nodiscard]] std::vector<Request> many_requests() {
    std::vector<Request> requests;
    for (std::uint64_t i = 0; i < 300; ++i) {
        Request request;
        request.number = i * 37 * 60'000;
        request.key_id = "key-" + std::to_string(i % 3);
        request.team = i % 3 == 2 ? "" : "team-" + std::to_string(i % 3);
        request.user = "user-" + std::to_string(i % 2);
        request.outcome = i % 7 == 0 ? "refused" : i % 11 == 0 ? "caller_gone" : "answered";
        request.input_uncached = static_cast<std::int64_t>(i);
        request.cost = Money::from_pico(static_cast<std::int64_t>(i) * 1'000'003);
        request.latency_us = static_cast<std::int64_t>(i * i);
        requests.push_back(request);
    }
    return requests;
}

struct Plain {
    std::int64_t requests = 0;
    std::int64_t refused = 0;
    std::int64_t failed = 0;
    std::int64_t input = 0;
    std::int64_t latency = 0;
    Money cost;
};

class UsageTest : public EngineTest {};

TEST_P(UsageTest, OfAKeyAgreesWithItsRowsInEveryZoneAndGranularity) {
    const std::vector<Request> requests = many_requests();
    insert_requests(session(), requests);
    fill_request_rollups(session());
    const AccessScope scope = AccessScope::organisation("acme");
    const Stretch time{at("2026-01-01T11:20:00Z"), at("2026-01-07T02:45:00.000001Z")};

    for (const char* name : {"UTC", "Europe/Paris", "Asia/Kolkata", "America/St_Johns"}) {
        for (const Granularity granularity :
             {Granularity::total, Granularity::hour, Granularity::day, Granularity::month}) {
            const TimeZone zone = TimeZone::open(name).value();
            const auto buckets = buckets_of(zone, granularity, time).value();
            const auto usage =
                key_usage(session(), scope, "key-1", time, granularity, zone).value();
            std::size_t next = 0;
            for (const Bucket& bucket : buckets) {
                Plain plain;
                for (const Request& request : requests) {
                    const TimePoint ts = sample_id(request.number).time();
                    if (request.key_id != "key-1" || ts < bucket.time.begin ||
                        ts >= bucket.time.end) {
                        continue;
                    }
                    ++plain.requests;
                    plain.refused += request.outcome == "refused" ? 1 : 0;
                    plain.failed += request.outcome == "caller_gone" ? 1 : 0;
                    plain.input += request.input_uncached + request.cached_read;
                    plain.latency += request.latency_us;
                    plain.cost += request.cost;
                }
                if (plain.requests == 0) {
                    continue;
                }
                ASSERT_LT(next, usage.size()) << name;
                const KeyUsage& found = usage[next++];
                EXPECT_EQ(found.label, bucket.label);
                EXPECT_EQ(found.requests, plain.requests) << name << found.label;
                EXPECT_EQ(found.refused, plain.refused);
                EXPECT_EQ(found.failed, plain.failed);
                EXPECT_EQ(found.input_tokens, plain.input);
                EXPECT_EQ(found.cached_tokens, plain.requests * 5);
                EXPECT_EQ(found.output_tokens, plain.requests * 7);
                EXPECT_EQ(found.latency_us, (plain.latency + plain.requests / 2) / plain.requests);
                EXPECT_EQ(found.cost, plain.cost) << name << found.label;
            }
            EXPECT_EQ(next, usage.size()) << name;
        }
    }
}

TEST_P(UsageTest, OfAKeyThatTheScopeHidesIsNone) {
    insert_requests(session(), many_requests());
    fill_request_rollups(session());
    const Stretch time{at("2026-01-01T00:30:00Z"), at("2026-02-01T00:00:00Z")};
    const auto rows = [&](const AccessScope& scope, const char* key) {
        return key_usage(session(), scope, key, time, Granularity::total, {})->size();
    };

    EXPECT_EQ(rows(AccessScope::teams("acme", {"team-1"}), "key-1"), 1U);
    EXPECT_EQ(rows(AccessScope::teams("acme", {"team-1"}), "key-0"), 0U);
    EXPECT_EQ(rows(AccessScope::teams("acme", {}), "key-1"), 0U);
    EXPECT_EQ(rows(AccessScope::teams("acme", {""}), "key-2"), 0U);
    EXPECT_EQ(rows(AccessScope::own("acme", "", {"key-1"}), "key-1"), 1U);
    EXPECT_EQ(rows(AccessScope::own("acme", "", {"key-1"}), "key-0"), 0U);
    EXPECT_EQ(rows(AccessScope::own("acme", "", {}), "key-0"), 0U);
    EXPECT_EQ(rows(AccessScope::organisation("other"), "key-1"), 0U);
    EXPECT_EQ(
        key_usage(
            session(),
            AccessScope::own("acme", "user-1", {}),
            "key-0",
            time,
            Granularity::total,
            {})
            ->at(0)
            .requests,
        50);
}

TEST_P(UsageTest, RanksTheTopConsumersExactlyWithShareAndRequests) {
    std::vector<Event> events;
    const std::array<std::pair<const char*, const char*>, 6> costs{{
        {"a", "10.000000000001"},
        {"b", "10.000000000002"},
        {"c", "-3"},
        {"", "9"},
        {"a", "0.000000000001"},
        {"d", "2"},
    }};
    for (const auto& [team, cost] : costs) {
        events.push_back(make_event(at("2026-01-02T05:10:00Z"), cost));
        events.back().of(Dimension::team) = team;
    }
    events.push_back(make_event(at("2026-01-02T05:10:00Z"), "7"));
    events.back().currency = "EUR";
    insert_events(session(), events);
    std::vector<Request> requests(3);
    requests[0].number = 24 * kHourMs;
    requests[1].number = 25 * kHourMs;
    requests[2].number = 80 * kHourMs;
    for (Request& request : requests) {
        request.team = "b";
    }
    insert_requests(session(), requests);
    fill_request_rollups(session());
    const Stretch time{at("2026-01-01T00:00:00Z"), at("2026-01-03T00:00:00Z")};

    const auto tops =
        top_consumers(session(), AccessScope::organisation("acme"), {}, Dimension::team, time, 3)
            .value();

    ASSERT_EQ(tops.size(), 2U);
    EXPECT_EQ(tops[0].currency, "EUR");
    EXPECT_EQ(tops[0].consumers.at(0).share, "100.00");
    const TopConsumers& dollars = tops[1];
    EXPECT_EQ(dollars.total, money("28.000000000004"));
    EXPECT_EQ(dollars.others, 2U);
    ASSERT_EQ(dollars.consumers.size(), 3U);
    // Equal to the last digit: by name.
    EXPECT_EQ(dollars.consumers[0].value, "a");
    EXPECT_EQ(dollars.consumers[0].cost, money("10.000000000002"));
    EXPECT_EQ(dollars.consumers[0].requests, 0);
    EXPECT_EQ(dollars.consumers[1].value, "b");
    EXPECT_EQ(dollars.consumers[1].requests, 2);
    EXPECT_EQ(dollars.consumers[1].share, "35.71");
    EXPECT_EQ(dollars.consumers[2].value, std::nullopt);
}

TEST_P(UsageTest, RanksByAnyDimensionAndCountsRequestsWhereTheyHaveIt) {
    std::vector<Event> events{make_event(at("2026-01-02T05:10:00Z"), "1")};
    insert_events(session(), events);
    const Stretch time{at("2026-01-02T05:00:00Z"), at("2026-01-02T05:30:00Z")};

    for (const Dimension dimension : all_dimensions()) {
        const auto tops =
            top_consumers(session(), AccessScope::organisation("acme"), {}, dimension, time, 5);
        ASSERT_TRUE(tops) << tops.error().detail();
        ASSERT_EQ(tops->size(), 1U);
        EXPECT_EQ(tops->at(0).consumers.at(0).requests.has_value(), is_of_requests(dimension));
    }
    for (const std::size_t count : {std::size_t{0}, kTopConsumersMax + 1}) {
        EXPECT_FALSE(top_consumers(
            session(), AccessScope::organisation("acme"), {}, Dimension::team, time, count));
    }
}

PULSE_ON_BOTH_ENGINES(UsageTest);

}  // namespace
}  // namespace pulse::storage::tests
