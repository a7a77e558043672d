// One rule, two stores: the same random requests, ends and policy changes on a moving clock go to
// the embedded store and to a real Redis, and every answer is compared.
#include "tests/unit/policy/redis/redis_bench.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace pulse::policy {
namespace {

using namespace std::chrono_literals;
using tests::KnownSpent;
using tests::kStart;
using tests::make_id;
using tests::RedisWorker;

/// Random limits, small enough that each of them is met.
class Limits {
public:
    explicit Limits(std::mt19937_64& random) : random_(random) {
        for (const auto& [scope, id] : kScopes) {
            auto limits = std::make_unique<ScopeLimits>();
            limits->scope = scope;
            limits->org = "default";
            limits->id = id;
            all_.push_back(std::move(limits));
            choose(*all_.back());
        }
    }
    /// Other values for one of the scopes, as when its policy is edited. Not for rates: a debt is
    /// paid under the limit of the moment, and the stores look at different moments.
    void change_one() {
        ScopeLimits& limits = *all_[random_() % all_.size()];
        if (limits.requests_per_day) {
            limits.requests_per_day = 100 + below(800);
        }
        if (limits.tokens_per_day) {
            limits.tokens_per_day = 10'000 + below(80'000);
        }
        limits.max_parallel_requests = perhaps(2, 9);
        for (Budget& budget : limits.budgets) {
            change(budget);
        }
    }
    /// A key's and up to three more.
    [[nodiscard]] std::vector<const ScopeLimits*> some() {
        std::vector<const ScopeLimits*> chosen{all_[random_() % 2].get()};
        for (std::size_t i = 2; i < all_.size(); ++i) {
            if (random_() % 2 == 0) {
                chosen.push_back(all_[i].get());
            }
        }
        return chosen;
    }
    [[nodiscard]] std::vector<const ScopeLimits*> all() const {
        std::vector<const ScopeLimits*> chosen;
        for (const auto& limits : all_) {
            chosen.push_back(limits.get());
        }
        return chosen;
    }

private:
    static constexpr std::array<std::pair<Scope, const char*>, 5> kScopes{{
        {Scope::key, "k1"},
        {Scope::key, "k2"},
        {Scope::team, "search"},
        {Scope::organisation, ""},
        {Scope::tag, "env=*"},
    }};

    [[nodiscard]] std::int64_t below(std::int64_t bound) {
        return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(bound));
    }
    [[nodiscard]] std::optional<std::int64_t> perhaps(std::int64_t least, std::int64_t most) {
        return random_() % 2 == 0 ? std::optional{least + below(most - least)} : std::nullopt;
    }
    void change(Budget& budget) {
        // Fractions of a micro-unit, so that both words of an amount carry.
        budget.limit = Money::from_pico(below(30'000'000'000) * (1 + below(20)));
        budget.soft = random_() % 4 == 0;
    }
    void choose(ScopeLimits& limits) {
        limits.requests_per_minute = perhaps(5, 40);
        limits.tokens_per_minute = perhaps(300, 4'000);
        limits.requests_per_day = perhaps(100, 900);
        limits.tokens_per_day = perhaps(10'000, 90'000);
        limits.max_parallel_requests = perhaps(2, 9);
        limits.budgets.clear();
        for (const Period period :
             {Period::hour, Period::day, Period::week, Period::month, Period::total}) {
            if (random_() % 3 == 0) {
                Budget budget;
                budget.scope = limits.scope;
                budget.scope_id = limits.id;
                budget.period = period;
                change(budget);
                limits.budgets.push_back(budget);
            }
        }
    }

    std::mt19937_64& random_;
    std::vector<std::unique_ptr<ScopeLimits>> all_;
};

void expect_equal(const RateState& redis, const RateState& embedded) {
    EXPECT_EQ(redis.requests_limit, embedded.requests_limit);
    EXPECT_EQ(redis.requests_remaining, embedded.requests_remaining);
    EXPECT_EQ(redis.requests_reset, embedded.requests_reset);
    EXPECT_EQ(redis.tokens_limit, embedded.tokens_limit);
    EXPECT_EQ(redis.tokens_remaining, embedded.tokens_remaining);
    EXPECT_EQ(redis.tokens_reset, embedded.tokens_reset);
}

void expect_equal(const Verdict& redis, const Verdict& embedded) {
    EXPECT_EQ(redis.admitted, embedded.admitted);
    EXPECT_EQ(redis.message, embedded.message);
    if (!embedded.admitted) {
        EXPECT_EQ(redis.code, embedded.code);
    }
    EXPECT_EQ(redis.retry_after, embedded.retry_after);
    EXPECT_EQ(redis.resets_at, embedded.resets_at);
    EXPECT_EQ(redis.soft_budget_passed, embedded.soft_budget_passed);
    EXPECT_EQ(redis.budget_nearly_spent, embedded.budget_nearly_spent);
    EXPECT_EQ(redis.affordable, embedded.affordable);
    expect_equal(redis.rates, embedded.rates);
}

void expect_equal(const Standing& redis, const Standing& embedded) {
    EXPECT_EQ(redis.parallel_requests, embedded.parallel_requests);
    expect_equal(redis.rates, embedded.rates);
    ASSERT_EQ(redis.budgets.size(), embedded.budgets.size());
    for (std::size_t i = 0; i < redis.budgets.size(); ++i) {
        EXPECT_EQ(redis.budgets[i].spent, embedded.budgets[i].spent);
        EXPECT_EQ(redis.budgets[i].reserved, embedded.budgets[i].reserved);
        EXPECT_EQ(redis.budgets[i].remaining, embedded.budgets[i].remaining);
        EXPECT_EQ(redis.budgets[i].resets_at, embedded.budgets[i].resets_at);
    }
}

struct Zone {
    std::uint64_t seed = 0;
    const char* name = "UTC";
};

class QuotaStoreConformance : public testing::TestWithParam<Zone> {};

TEST_P(QuotaStoreConformance, AnswersTheSameInBothStores) {
    constexpr int kSteps = 3'000;
    std::string why;
    const auto server = ::pulse::tests::RedisServer::start({}, why);
    if (server == nullptr) {
        GTEST_SKIP() << why;
    }
    const Result<WindowCalendar> calendar = WindowCalendar::open(GetParam().name);
    if (!calendar) {
        GTEST_SKIP() << "no time zone data here: " << calendar.error().detail();
    }
    KnownSpent spent;
    spent.rows = {
        {Scope::key, "default", "k1", Period::day, tests::usd("0.001000000007")},
        {Scope::team, "default", "search", Period::month, tests::usd("0.01")}};
    EmbeddedQuotaStore embedded{*calendar};
    embedded.restore(spent.rows, kStart);
    RedisStoreSettings settings =
        RedisWorker::make_settings("redis://" + server->address(), "h1", true);
    settings.calendar = *calendar;
    RedisWorker redis{std::move(settings), spent, system_clock()};
    std::mt19937_64 random{GetParam().seed};
    Limits limits{random};
    struct Open {
        Uuid id;
        Money ceiling;
        std::int64_t tokens = 0;
    };
    std::vector<Open> open;
    std::set<std::string> refusals;
    TimePoint now = kStart;
    std::uint64_t next_id = 1;
    int admitted = 0;

    for (int i = 0; i < kSteps && !HasFailure(); ++i) {
        SCOPED_TRACE("step " + std::to_string(i));
        now += std::chrono::milliseconds{
            random() % 60 == 0  ? random() % 40'000'000
            : random() % 5 == 0 ? random() % 20'000
                                : random() % 700};
        if (random() % 40 == 0) {
            limits.change_one();
        }
        if (!open.empty() && random() % 5 < 2) {
            const std::size_t at = random() % open.size();
            const Open ended = open[at];
            open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
            Settlement end{
                ended.id,
                Money::from_pico(static_cast<Int128>(
                    random() % static_cast<std::uint64_t>(ended.ceiling.pico() + 1))),
                static_cast<std::int64_t>(random() % 700),
                now};
            if (random() % 20 == 0) {
                end.tokens = static_cast<std::int64_t>(random() % 20'000);
            }
            embedded.settle(end);
            redis.settle(end);
            if (random() % 8 == 0) {
                embedded.settle(end);
                redis.settle(end);
            }
            redis.await_settled();
        } else {
            Ask ask;
            ask.id = make_id(next_id++);
            const std::vector<const ScopeLimits*> scopes = limits.some();
            ask.scopes = scopes;
            ask.tokens = static_cast<std::int64_t>(random() % 600);
            ask.ceiling = Money::from_pico(static_cast<Int128>(random() % 9'000'000'007));
            ask.now = now;
            tests::LastVerdict handler;
            embedded.admit(ask, handler);
            const Verdict verdict = redis.admit(ask);
            expect_equal(verdict, handler.last());
            if (verdict.admitted) {
                open.push_back({ask.id, ask.ceiling, ask.tokens});
                ++admitted;
            } else {
                refusals.insert(verdict.message.substr(0, verdict.message.find_first_of("0123")));
            }
        }
        if (random() % 4 == 0) {
            const std::vector<const ScopeLimits*> scopes = limits.all();
            const Result<Standing> standing = redis.standing(scopes, now);
            if (standing) {
                expect_equal(*standing, embedded.standing(scopes, now));
            } else {
                EXPECT_EQ(i, 0) << standing.error().detail();
            }
        }
    }
    EXPECT_GT(admitted, kSteps / 20);
    EXPECT_GE(refusals.size(), 5U);
    EXPECT_EQ(spent.asked, 1);
}

INSTANTIATE_TEST_SUITE_P(
    Seeds,
    QuotaStoreConformance,
    testing::Values(
        Zone{1, "UTC"}, Zone{2, "America/New_York"}, Zone{3, "UTC"}, Zone{4, "Asia/Kolkata"}),
    [](const auto& tested) { return "Seed" + std::to_string(tested.param.seed); });

}  // namespace
}  // namespace pulse::policy
