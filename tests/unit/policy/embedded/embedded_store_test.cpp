#include "policy/embedded/embedded_store.h"

#include "tests/unit/policy/support.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::policy {
namespace {

using namespace std::chrono_literals;
using tests::Caller;
using tests::kStart;
using tests::make_id;
using tests::make_key_record;
using tests::usd;

constexpr TimePoint kNoon = kStart + 12h;

TEST(EmbeddedQuotaStore, CountsNothingForAKeyWithoutLimits) {
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(R"({"allowed_models":["*"]})");
    Caller caller{store, key};

    const Verdict verdict = caller.ask(kNoon, 1'000, usd("100"));

    EXPECT_TRUE(verdict.admitted);
    EXPECT_EQ(verdict.rates.requests_limit, -1);
    EXPECT_EQ(verdict.rates.tokens_limit, -1);
    EXPECT_EQ(store.reservations_open(), 0U);
    EXPECT_EQ(store.scopes_counted(), 0U);
    store.settle({caller.last_id(), usd("1"), 10, kNoon});
}

TEST(EmbeddedQuotaStore, RefusesTheRequestAboveTheLimitPerMinuteAndSaysWhenToRetry) {
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(R"({"requests_per_minute":2})");
    Caller caller{store, key};
    EXPECT_TRUE(caller.ask(kNoon).admitted);
    EXPECT_TRUE(caller.ask(kNoon + 1s).admitted);

    const Verdict refused = caller.ask(kNoon + 2500ms);

    EXPECT_FALSE(refused.admitted);
    EXPECT_EQ(refused.code, Errc::rate_limited);
    EXPECT_EQ(
        refused.message, "key limit of 2 requests per minute reached: 2 used; retry in 60.5 s");
    EXPECT_EQ(refused.retry_after, 60'500ms);
    EXPECT_FALSE(refused.resets_at.has_value());
    EXPECT_TRUE(caller.ask(kNoon + 63s).admitted);
}

TEST(EmbeddedQuotaStore, TellsWhatIsLeftOfTheRates) {
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(R"({"requests_per_minute":10,"tokens_per_minute":1000})");
    Caller caller{store, key};

    const RateState rates = caller.ask(kNoon + 1s, 300).rates;

    EXPECT_EQ(rates.requests_limit, 10);
    EXPECT_EQ(rates.requests_remaining, 9);
    EXPECT_EQ(rates.requests_reset, 62s);
    EXPECT_EQ(rates.tokens_limit, 1'000);
    EXPECT_EQ(rates.tokens_remaining, 700);
    EXPECT_EQ(rates.tokens_reset, 62s);
}

TEST(EmbeddedQuotaStore, TellsTheDaysLimitsWhereThereAreNoneOfTheMinute) {
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(R"({"requests_per_day":10,"tokens_per_day":1000})");
    Caller caller{store, key};

    const RateState rates = caller.ask(kNoon, 300).rates;

    EXPECT_EQ(rates.requests_limit, 10);
    EXPECT_EQ(rates.requests_remaining, 9);
    EXPECT_EQ(rates.requests_reset, 12h);
    EXPECT_EQ(rates.tokens_limit, 1'000);
    EXPECT_EQ(rates.tokens_remaining, 700);
    EXPECT_EQ(rates.tokens_reset, 12h);
}

TEST(EmbeddedQuotaStore, GivesTokensBackAndKeepsADebt) {
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(R"({"tokens_per_minute":1000})");
    Caller caller{store, key};

    EXPECT_TRUE(caller.ask(kNoon, 1'000).admitted);
    store.settle({caller.last_id(), {}, 400, kNoon + 1s});
    EXPECT_TRUE(caller.ask(kNoon + 2s, 600).admitted);
    store.settle({caller.last_id(), {}, 2'600, kNoon + 3s});

    const Verdict refused = caller.ask(kNoon + 63s, 100);
    EXPECT_EQ(refused.code, Errc::rate_limited);
    EXPECT_EQ(
        refused.message,
        "key limit of 1000 tokens per minute reached: 2000 used, 100 needed; retry in 126.0 s");
    EXPECT_FALSE(caller.ask(kNoon + 63s + 126s - 1ms, 100).admitted);
    EXPECT_TRUE(caller.ask(kNoon + 63s + 126s, 100).admitted);
}

TEST(EmbeddedQuotaStore, RefusesForGoodWhatNeedsMoreTokensThanTheWholeLimit) {
    EmbeddedQuotaStore store;
    const KeyRecord minute = make_key_record(R"({"tokens_per_minute":1000})");
    const KeyRecord day = make_key_record(R"({"tokens_per_day":1000})", "key-2");

    for (const KeyRecord* key : {&minute, &day}) {
        const Verdict refused = Caller{store, *key}.ask(kNoon, 1'001);
        EXPECT_EQ(refused.code, Errc::max_tokens_exceeded);
        EXPECT_FALSE(refused.retry_after.has_value());
        EXPECT_FALSE(refused.resets_at.has_value());
    }
}

TEST(EmbeddedQuotaStore, CountsRequestsAndTokensOfTheDayUntilMidnight) {
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(R"({"requests_per_day":2,"tokens_per_day":1000})");
    Caller caller{store, key};

    EXPECT_TRUE(caller.ask(kNoon, 900).admitted);
    const Verdict tokens = caller.ask(kNoon, 200);
    store.settle({caller.last_id(), {}, 0, kNoon});
    EXPECT_EQ(tokens.code, Errc::rate_limited);
    EXPECT_EQ(
        tokens.message,
        "key limit of 1000 tokens per day reached: 900 used, 200 needed; resets at "
        "2026-01-02T00:00:00Z");
    EXPECT_EQ(tokens.resets_at, kStart + 24h);
    EXPECT_FALSE(tokens.retry_after.has_value());
    EXPECT_TRUE(caller.ask(kNoon, 100).admitted);
    EXPECT_EQ(
        caller.ask(kNoon, 0).message,
        "key limit of 2 requests per day reached: 2 used; resets at 2026-01-02T00:00:00Z");
    EXPECT_TRUE(caller.ask(kStart + 24h, 1'000).admitted);
}

TEST(EmbeddedQuotaStore, LimitsParallelRequests) {
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(R"({"max_parallel_requests":2})");
    Caller caller{store, key};
    EXPECT_TRUE(caller.ask(kNoon).admitted);
    const Uuid first = caller.last_id();
    EXPECT_TRUE(caller.ask(kNoon).admitted);

    const Verdict refused = caller.ask(kNoon);

    EXPECT_EQ(refused.code, Errc::rate_limited);
    EXPECT_EQ(refused.retry_after, 1s);
    EXPECT_EQ(
        refused.message, "key limit of 2 parallel requests reached: 2 running; retry in 1.0 s");
    EXPECT_EQ(tests::standing(store, key, kNoon).parallel_requests, 2);
    store.settle({first, {}, 0, kNoon});
    EXPECT_TRUE(caller.ask(kNoon).admitted);
}

TEST(EmbeddedQuotaStore, HoldsTheWorstCaseAndSettlesWhatItCost) {
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(R"({"budgets":[{"period":"month","limit":"1"}]})");
    Caller caller{store, key};
    EXPECT_TRUE(caller.ask(kNoon, 0, usd("0.6")).admitted);
    const Uuid first = caller.last_id();

    const Verdict refused = caller.ask(kNoon, 0, usd("0.400000000001"));
    EXPECT_EQ(refused.code, Errc::budget_exhausted);
    EXPECT_EQ(
        refused.message,
        "key budget of 1 USD per month does not cover this request: 0 spent, 0.6 held by running "
        "requests, up to 0.400000000001 needed; resets at 2026-02-01T00:00:00Z");
    EXPECT_EQ(refused.resets_at, kStart + 24h * 31);
    EXPECT_FALSE(refused.retry_after.has_value());
    EXPECT_TRUE(caller.ask(kNoon, 0, usd("0.4")).admitted);

    store.settle({first, usd("0.1"), 0, kNoon + 1s});

    const Standing standing = tests::standing(store, key, kNoon + 1s);
    ASSERT_EQ(standing.budgets.size(), 1U);
    EXPECT_EQ(standing.budgets[0].spent, usd("0.1"));
    EXPECT_EQ(standing.budgets[0].reserved, usd("0.4"));
    EXPECT_EQ(standing.budgets[0].remaining, usd("0.5"));
    EXPECT_EQ(standing.budgets[0].resets_at, kStart + 24h * 31);
    EXPECT_EQ(standing.parallel_requests, 1);
}

TEST(EmbeddedQuotaStore, LetsTheStrictestBudgetWinAndNamesIt) {
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(
        R"({"budgets":[{"period":"month","limit":"10"},{"period":"day","limit":"1"}]})");
    Caller caller{store, key};
    EXPECT_TRUE(caller.ask(kNoon, 0, usd("0.9")).admitted);

    const Verdict refused = caller.ask(kNoon, 0, usd("0.2"));

    EXPECT_NE(refused.message.find("budget of 1 USD per day"), std::string::npos);
    EXPECT_EQ(refused.resets_at, kStart + 24h);
}

TEST(EmbeddedQuotaStore, NamesNoResetWhereNoneHelps) {
    EmbeddedQuotaStore store;
    const KeyRecord total = make_key_record(R"({"budgets":[{"period":"total","limit":"1"}]})");
    const KeyRecord small =
        make_key_record(R"({"budgets":[{"period":"day","limit":"1"}]})", "key-2");
    Caller caller{store, total};
    EXPECT_TRUE(caller.ask(kNoon, 0, usd("1")).admitted);

    const Verdict used_up = caller.ask(kNoon, 0, usd("0.1"));
    const Verdict too_large = Caller{store, small, 100}.ask(kNoon, 0, usd("1.1"));

    EXPECT_FALSE(used_up.resets_at.has_value());
    EXPECT_TRUE(used_up.message.ends_with("; it does not reset"));
    EXPECT_FALSE(too_large.resets_at.has_value());
    EXPECT_TRUE(too_large.message.ends_with("; it is larger than the whole budget"));
}

TEST(EmbeddedQuotaStore, WarnsAboutASoftBudgetAndAdmits) {
    EmbeddedQuotaStore store;
    const KeyRecord key =
        make_key_record(R"({"budgets":[{"period":"day","limit":"1","soft":true}]})");
    Caller caller{store, key};

    EXPECT_FALSE(caller.ask(kNoon, 0, usd("1")).soft_budget_passed);
    const Verdict warned = caller.ask(kNoon, 0, usd("0.000000000001"));

    EXPECT_TRUE(warned.admitted);
    EXPECT_TRUE(warned.soft_budget_passed);
    EXPECT_EQ(tests::standing(store, key, kNoon).budgets[0].remaining, Money{});
}

TEST(EmbeddedQuotaStore, SettlesOnceAndIgnoresUnknownIds) {
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(R"({"budgets":[{"period":"day","limit":"1"}]})");
    Caller caller{store, key};
    EXPECT_TRUE(caller.ask(kNoon, 0, usd("0.5")).admitted);

    store.settle({caller.last_id(), usd("0.2"), 0, kNoon});
    store.settle({caller.last_id(), usd("0.2"), 0, kNoon});
    store.settle({make_id(999), usd("0.2"), 0, kNoon});

    EXPECT_EQ(tests::standing(store, key, kNoon).budgets[0].spent, usd("0.2"));
    EXPECT_EQ(tests::standing(store, key, kNoon).budgets[0].reserved, Money{});
    EXPECT_EQ(store.reservations_open(), 0U);
}

TEST(EmbeddedQuotaStore, ReleasesWhatIsAbandoned) {
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(
        R"({"tokens_per_minute":100,"max_parallel_requests":1,"budgets":[{"period":"day","limit":"1"}]})");
    Caller caller{store, key};
    tests::LastVerdict handler;
    EXPECT_TRUE(caller.ask(kNoon, 100, usd("1")).admitted);

    store.abandon(caller.last_id(), handler);

    EXPECT_EQ(tests::standing(store, key, kNoon).budgets[0].remaining, usd("1"));
    EXPECT_TRUE(caller.ask(kNoon, 100, usd("1")).admitted);
}

TEST(EmbeddedQuotaStore, WritesNothingWhenItRefuses) {
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(
        R"({"requests_per_minute":10,"requests_per_day":10,"tokens_per_minute":100,"tokens_per_day":100,
            "max_parallel_requests":1,"budgets":[{"period":"day","limit":"1"}]})");
    Caller caller{store, key};
    EXPECT_TRUE(caller.ask(kNoon, 50, usd("0.5")).admitted);
    const Standing before = tests::standing(store, key, kNoon);

    EXPECT_FALSE(caller.ask(kNoon, 10, usd("0.1")).admitted);  // parallel
    EXPECT_FALSE(caller.ask(kNoon, 60, usd("0.1")).admitted);  // tokens
    EXPECT_FALSE(caller.ask(kNoon, 10, usd("0.6")).admitted);  // budget

    const Standing after = tests::standing(store, key, kNoon);
    EXPECT_EQ(after.rates.requests_remaining, before.rates.requests_remaining);
    EXPECT_EQ(after.rates.tokens_remaining, before.rates.tokens_remaining);
    EXPECT_EQ(after.parallel_requests, before.parallel_requests);
    EXPECT_EQ(after.budgets[0].reserved, before.budgets[0].reserved);
    EXPECT_EQ(store.reservations_open(), 1U);
}

TEST(EmbeddedQuotaStore, SettlesLateIntoTheWindowOfAdmission) {
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(
        R"({"tokens_per_day":1000,"budgets":[{"period":"day","limit":"1"},{"period":"month","limit":"5"}]})");
    Caller caller{store, key};
    EXPECT_TRUE(caller.ask(kStart + 24h - 1s, 1'000, usd("1")).admitted);
    const Uuid yesterday = caller.last_id();
    EXPECT_TRUE(caller.ask(kStart + 24h + 1s, 900, usd("1")).admitted);

    store.settle({yesterday, usd("0.7"), 1'000, kStart + 24h + 2s});

    const Standing standing = tests::standing(store, key, kStart + 24h + 2s);
    EXPECT_EQ(standing.budgets[0].spent, Money{});
    EXPECT_EQ(standing.budgets[0].reserved, usd("1"));
    EXPECT_EQ(standing.budgets[1].spent, usd("0.7"));
    EXPECT_EQ(standing.budgets[1].reserved, usd("1"));
    EXPECT_EQ(standing.rates.tokens_remaining, 100);
}

TEST(EmbeddedQuotaStore, StartsFromWhatTheLedgerKnows) {
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(
        R"({"budgets":[{"period":"month","limit":"5"},{"period":"day","limit":"1"}]})");

    store.restore({{Scope::key, {}, key.id.value(), Period::month, usd("4.5")}, {Scope::key, {}, key.id.value(), Period::day, usd("0.25")}}, kNoon);

    Caller caller{store, key};
    EXPECT_EQ(caller.ask(kNoon, 0, usd("0.6")).code, Errc::budget_exhausted);
    EXPECT_TRUE(caller.ask(kNoon, 0, usd("0.5")).admitted);
    EXPECT_EQ(tests::standing(store, key, kNoon).budgets[1].spent, usd("0.25"));
    EXPECT_TRUE(caller.ask(kStart + 24h * 31, 0, usd("1")).admitted);
}

TEST(EmbeddedQuotaStore, KeepsTheSpentOfAnOpenWindowWhenThePolicyChanges) {
    EmbeddedQuotaStore store;
    const KeyRecord before = make_key_record(R"({"budgets":[{"period":"day","limit":"1"}]})");
    const KeyRecord after = make_key_record(
        R"({"requests_per_minute":5,"budgets":[{"period":"day","limit":"2"},{"period":"hour","limit":"1"}]})");
    Caller first{store, before};
    EXPECT_TRUE(first.ask(kNoon, 0, usd("1")).admitted);
    Caller second{store, after, 100};
    EXPECT_TRUE(second.ask(kNoon, 0, usd("1")).admitted);

    store.settle({first.last_id(), usd("0.4"), 0, kNoon});

    const Standing standing = tests::standing(store, after, kNoon);
    EXPECT_EQ(standing.budgets[0].spent, usd("0.4"));
    EXPECT_EQ(standing.budgets[0].reserved, usd("1"));
    EXPECT_EQ(standing.budgets[1].spent, Money{});
    EXPECT_EQ(standing.budgets[1].reserved, usd("1"));
}

TEST(EmbeddedQuotaStore, RefusesAnIdThatHoldsAReservationAndKeepsTheFirst) {
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(R"({"budgets":[{"period":"day","limit":"1"}]})");
    EXPECT_TRUE(Caller(store, key, 7).ask(kNoon, 0, usd("0.3")).admitted);

    const Verdict again = Caller{store, key, 7}.ask(kNoon, 0, usd("0.2"));

    EXPECT_FALSE(again.admitted);
    EXPECT_EQ(again.code, Errc::internal);
    EXPECT_EQ(tests::standing(store, key, kNoon).budgets[0].reserved, usd("0.3"));
}

TEST(EmbeddedQuotaStore, DropsCountersThatNoLongerMatter) {
    EmbeddedQuotaStore store;
    KeyRecord key =
        make_key_record(R"({"requests_per_minute":5,"budgets":[{"period":"hour","limit":"1"}]})");
    constexpr int kKeys = 40'000;
    std::size_t most = 0;

    for (int i = 0; i < kKeys; ++i) {
        key.id = KeyId{"key-" + std::to_string(i)};
        const TimePoint now = kStart + std::chrono::seconds{i};
        Caller caller{store, key, static_cast<std::uint64_t>(i) + 1};
        ASSERT_TRUE(caller.ask(now, 0, usd("1")).admitted);
        store.settle({caller.last_id(), usd("1"), 0, now});
        if (i % 1'000 == 0) {
            most = std::max(most, store.scopes_counted());
        }
    }

    // 3600 keys matter at any time; twice that before the organisation looks, and one that began
    // late in an hour.
    EXPECT_LT(most, 12'000U);
}

TEST(EmbeddedQuotaStore, DropsKeysThatAreGoneUnlessTheyRun) {
    EmbeddedQuotaStore store;
    const std::string policy = R"({"budgets":[{"period":"total","limit":"1"}]})";
    const KeyRecord kept = make_key_record(policy, "kept");
    const KeyRecord gone = make_key_record(policy, "gone");
    const KeyRecord running = make_key_record(policy, "running");
    store.restore(
        {{Scope::key, {}, "kept", Period::total, usd("0.5")},
         {Scope::key, {}, "gone", Period::total, usd("0.5")}},
        kNoon);
    Caller caller{store, running};
    EXPECT_TRUE(caller.ask(kNoon, 0, usd("0.5")).admitted);

    store.drop_gone(KeyDirectory{{kept}}.limits());

    EXPECT_EQ(store.scopes_counted(), 2U);
    EXPECT_EQ(tests::standing(store, kept, kNoon).budgets[0].spent, usd("0.5"));
    EXPECT_EQ(tests::standing(store, running, kNoon).budgets[0].reserved, usd("0.5"));
}

TEST(EmbeddedQuotaStore, ShowsAKeyThatWasNeverUsed) {
    EmbeddedQuotaStore store;
    const KeyRecord key =
        make_key_record(R"({"requests_per_minute":5,"budgets":[{"period":"hour","limit":"1"}]})");

    const Standing standing = tests::standing(store, key, kNoon);

    EXPECT_EQ(standing.rates.requests_remaining, 5);
    EXPECT_EQ(standing.rates.requests_reset, 0ms);
    EXPECT_EQ(standing.budgets[0].remaining, usd("1"));
    EXPECT_EQ(standing.budgets[0].resets_at, kNoon + 1h);
    EXPECT_EQ(store.scopes_counted(), 0U);
}

TEST(EmbeddedQuotaStore, CountsDaysInItsTimeZone) {
    Result<WindowCalendar> zone = WindowCalendar::open("America/New_York");
    if (!zone) {
        GTEST_SKIP() << "no time zone data here: " << zone.error().detail();
    }
    EmbeddedQuotaStore store{*zone};
    const KeyRecord key = make_key_record(R"({"requests_per_day":1})");
    Caller caller{store, key};
    EXPECT_TRUE(caller.ask(kStart).admitted);

    EXPECT_EQ(caller.ask(kStart + 1h).resets_at, kStart + 5h);
    EXPECT_TRUE(caller.ask(kStart + 5h).admitted);
}

/// Limits of a scope, for requests that several limit.
[[nodiscard]] ScopeLimits make_limits(Scope scope, std::string id, std::string_view policy) {
    ScopeLimits limits;
    limits.scope = scope;
    limits.id = std::move(id);
    limits.add(parse_policy(policy, scope).value());
    return limits;
}

[[nodiscard]] Verdict ask(
    EmbeddedQuotaStore& store,
    std::uint64_t id,
    const std::vector<const ScopeLimits*>& scopes,
    Money ceiling) {
    Ask ask;
    ask.id = make_id(id);
    ask.scopes = scopes;
    ask.ceiling = ceiling;
    ask.now = kNoon;
    tests::LastVerdict handler;
    store.admit(ask, handler);
    return handler.last();
}

TEST(EmbeddedQuotaStore, CountsARequestInAllItsScopesOrInNone) {
    EmbeddedQuotaStore store;
    const ScopeLimits key =
        make_limits(Scope::key, "k", R"({"budgets":[{"period":"day","limit":"10"}]})");
    const ScopeLimits other =
        make_limits(Scope::key, "l", R"({"budgets":[{"period":"day","limit":"10"}]})");
    const ScopeLimits team = make_limits(
        Scope::team, "search", R"({"budgets":[{"period":"day","limit":"3"}]})");

    EXPECT_TRUE(ask(store, 1, {&key, &team}, usd("2")).admitted);
    const Verdict refused = ask(store, 2, {&other, &team}, usd("2"));

    EXPECT_EQ(refused.code, Errc::budget_exhausted);
    EXPECT_EQ(
        refused.message,
        "team 'search' budget of 3 USD per day does not cover this request: 0 spent, 2 held by "
        "running requests, up to 2 needed; resets at 2026-01-02T00:00:00Z");
    EXPECT_EQ(refused.affordable, usd("1"));
    const std::vector<const ScopeLimits*> scopes{&other, &team};
    EXPECT_EQ(store.standing(scopes, kNoon).budgets[0].reserved, Money{});
    EXPECT_EQ(store.standing(scopes, kNoon).budgets[1].reserved, usd("2"));
    store.settle({make_id(1), usd("0.5"), 0, kNoon});
    EXPECT_EQ(store.standing(scopes, kNoon).budgets[1].spent, usd("0.5"));
    EXPECT_TRUE(ask(store, 2, {&other, &team}, usd("2")).admitted);
    EXPECT_EQ(store.reservations_open(), 1U);
}

TEST(EmbeddedQuotaStore, SaysWhenABudgetIsNearlySpent) {
    EmbeddedQuotaStore store;
    const ScopeLimits key =
        make_limits(Scope::key, "k", R"({"budgets":[{"period":"day","limit":"10"}]})");

    EXPECT_FALSE(ask(store, 1, {&key}, usd("8.999999999999")).budget_nearly_spent);
    EXPECT_TRUE(ask(store, 2, {&key}, usd("0.000000000001")).budget_nearly_spent);
}

TEST(EmbeddedQuotaStore, HoldsInMoreScopesThanItKeepsInPlace) {
    EmbeddedQuotaStore store;
    std::vector<ScopeLimits> limits;
    for (int i = 0; i < 7; ++i) {
        limits.push_back(make_limits(
            Scope::project,
            "p" + std::to_string(i),
            R"({"max_parallel_requests":1,"tokens_per_minute":100})"));
    }
    std::vector<const ScopeLimits*> scopes;
    for (const ScopeLimits& one : limits) {
        scopes.push_back(&one);
    }

    EXPECT_TRUE(ask(store, 1, scopes, {}).admitted);
    EXPECT_EQ(ask(store, 2, {scopes[6]}, {}).code, Errc::rate_limited);
    store.settle({make_id(1), {}, 0, kNoon});
    for (std::uint64_t i = 0; i < scopes.size(); ++i) {
        EXPECT_TRUE(ask(store, 10 + i, {scopes[i]}, {}).admitted);
    }
}

}  // namespace
}  // namespace pulse::policy
