#include "policy/allotment/allotment_pool.h"

#include "tests/unit/policy/support.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace pulse::policy {
namespace {

using namespace std::chrono_literals;
using Kind = AllotmentPool::Kind;
using tests::kStart;
using tests::make_id;
using tests::usd;

/// A pool of one scope, its calls, and a store that gives what it is asked for.
class AllotmentPoolTest : public testing::Test {
protected:
    void limit(std::string_view policy) {
        limits_ = {};
        limits_.add(parse_policy(policy).value());
        pool_ = std::make_unique<AllotmentPool>(std::span{&scope_, 1});
    }
    [[nodiscard]] Need need(Money ceiling, std::int64_t tokens = 100) const {
        return {ceiling, tokens, now_};
    }
    /// Calls that the store admits one by one, spread over seconds, and that end at once.
    void call(int per_second, int seconds, Money ceiling, Money cost) {
        for (int second = 0; second < seconds; ++second) {
            for (int i = 0; i < per_second; ++i) {
                const Need one = need(ceiling);
                pool_->begin(one);
                pool_->end(one, nullptr, cost, 50, now_);
            }
            now_ += 1s;
        }
        now_ -= 1s;
    }
    void give(const AllotmentPool::Wanted& wanted, TimePoint ends = TimePoint::max()) {
        Verdict state;
        state.rates.requests_limit = 100'000;
        state.rates.requests_remaining = 50'000;
        pool_->asked();
        pool_->put(
            wanted.kind,
            std::make_unique<Allotment>(
                make_id(++ids_), wanted.amounts, pool_->limited(), now_, ends),
            state,
            now_);
    }

    TimePoint now_ = kStart;
    ScopeLimits limits_;
    const ScopeLimits* scope_ = &limits_;
    std::unique_ptr<AllotmentPool> pool_;
    std::uint64_t ids_ = 0;
};

constexpr std::string_view kBudgetOf1000 = R"({"budgets":[{"period":"day","limit":"1000"}]})";

TEST_F(AllotmentPoolTest, TakesAChunkForTwoSecondsOfUse) {
    limit(kBudgetOf1000);
    call(100, 4, usd("0.02"), usd("0.01"));

    const auto wanted = pool_->wants(now_);

    ASSERT_TRUE(wanted);
    EXPECT_EQ(wanted->kind, Kind::chunk);
    // 200 calls of one cent, and the one call that was open at a time.
    EXPECT_EQ(wanted->amounts.cost, usd("2.02"));
}

TEST_F(AllotmentPoolTest, TakesNoMoreThanAHundredthOfALimit) {
    limit(R"({"requests_per_minute":6000,"budgets":[{"period":"day","limit":"100"}]})");
    call(100, 4, usd("0.02"), usd("0.02"));

    const auto wanted = pool_->wants(now_);

    ASSERT_TRUE(wanted);
    EXPECT_EQ(wanted->amounts.cost, usd("1"));
    EXPECT_EQ(wanted->amounts.requests, 60);
}

TEST_F(AllotmentPoolTest, TakesNoChunkForSlowOrForLargeCalls) {
    limit(kBudgetOf1000);
    call(10, 10, usd("0.02"), usd("0.01"));
    EXPECT_NE(pool_->wants(now_).value().kind, Kind::chunk);

    limit(R"({"budgets":[{"period":"day","limit":"10"}]})");
    call(100, 4, usd("0.02"), usd("0.01"));  // a hundredth takes five of them
    EXPECT_NE(pool_->wants(now_).value().kind, Kind::chunk);
}

TEST_F(AllotmentPoolTest, TakesNothingAheadOfParallelRequests) {
    limit(R"({"max_parallel_requests":50,"budgets":[{"period":"day","limit":"1000"}]})");
    call(100, 4, usd("0.02"), usd("0.01"));

    EXPECT_FALSE(pool_->wants(now_));
}

TEST_F(AllotmentPoolTest, TakesAReserveOfThirtySecondsBesideTheChunk) {
    limit(kBudgetOf1000);
    call(100, 4, usd("0.02"), usd("0.01"));
    give(pool_->wants(now_).value());

    const auto wanted = pool_->wants(now_);

    ASSERT_TRUE(wanted);
    EXPECT_EQ(wanted->kind, Kind::reserve);
    EXPECT_EQ(wanted->amounts.cost, usd("30.02"));
    give(*wanted);
    EXPECT_FALSE(pool_->wants(now_));
}

TEST_F(AllotmentPoolTest, DrawsFromTheReserveOnlyWhileTheStoreIsAway) {
    limit(kBudgetOf1000);
    give({Kind::reserve, {usd("1"), 0, 0}});

    EXPECT_EQ(pool_->find(need(usd("0.1")), false), nullptr);
    EXPECT_NE(pool_->find(need(usd("0.1")), true), nullptr);
    EXPECT_EQ(pool_->find(need(usd("1.000001")), true), nullptr);
}

TEST_F(AllotmentPoolTest, DrawsNothingInAnotherWindow) {
    limit(kBudgetOf1000);
    give({Kind::chunk, {usd("1"), 0, 0}}, now_ + 10s);
    EXPECT_NE(pool_->find(need(usd("0.1")), false), nullptr);

    now_ += 10s;

    EXPECT_EQ(pool_->find(need(usd("0.1")), true), nullptr);
}

TEST_F(AllotmentPoolTest, SaysWhatIsLeftOfTheRates) {
    limit(R"({"requests_per_minute":100000})");
    give({Kind::chunk, {Money{}, 0, 200}});
    const Need one = need(Money{});
    Allotment* from = pool_->find(one, false);
    ASSERT_NE(from, nullptr);
    from->draw(one);
    pool_->begin(one);

    EXPECT_TRUE(pool_->verdict().admitted);
    EXPECT_EQ(pool_->verdict().rates.requests_remaining, 49'999);
}

TEST_F(AllotmentPoolTest, ClosesAChunkThatIsNotUsed) {
    limit(kBudgetOf1000);
    give({Kind::chunk, {usd("1"), 0, 0}});
    pool_->close_old(now_ + 900ms);
    EXPECT_TRUE(pool_->holds_any());

    pool_->close_old(now_ + 1s);

    EXPECT_FALSE(pool_->holds_any());
    ASSERT_EQ(pool_->closed().size(), 1U);
    EXPECT_TRUE(pool_->closed().front()->needed().cost.is_zero());
}

TEST_F(AllotmentPoolTest, ClosesAReserveAfterFiveSecondsWithoutCalls) {
    limit(kBudgetOf1000);
    call(10, 1, usd("0.02"), usd("0.01"));
    give({Kind::reserve, {usd("1"), 0, 0}});
    pool_->close_old(now_ + 4s);
    EXPECT_TRUE(pool_->holds_any());

    pool_->close_old(now_ + 5s);

    EXPECT_FALSE(pool_->holds_any());
}

TEST_F(AllotmentPoolTest, GivesEverythingBackAndPauses) {
    limit(kBudgetOf1000);
    call(100, 4, usd("0.02"), usd("0.01"));
    give(pool_->wants(now_).value());
    give(pool_->wants(now_).value());

    pool_->close_all(now_);

    EXPECT_EQ(pool_->closed().size(), 2U);
    EXPECT_FALSE(pool_->wants(now_ + 4s));
    call(100, 6, usd("0.02"), usd("0.01"));
    EXPECT_TRUE(pool_->wants(now_));
}

/// Whatever is drawn and however it ends: calls never hold more than was taken, and what is needed
/// after the end is what they cost.
TEST_F(AllotmentPoolTest, NeverDrawsMoreThanIsHeld) {
    std::mt19937_64 random{7};
    limit(R"({"tokens_per_minute":1000000,"budgets":[{"period":"day","limit":"1000"}]})");
    struct Open {
        Need need;
        Allotment* from;
    };
    std::vector<Open> open;
    give({Kind::chunk, {usd("1"), 5'000, 0}});
    Money total;
    int drawn = 0;
    for (int step = 0; step < 20'000; ++step) {
        if (random() % 2 == 0 || open.empty()) {
            const Need one = need(
                Money::from_pico(static_cast<std::int64_t>(random() % 40'000'000'000)),
                static_cast<std::int64_t>(random() % 300));
            if (Allotment* from = pool_->find(one, false)) {
                from->draw(one);
                pool_->begin(one);
                open.push_back({one, from});
                ++drawn;
            }
        } else {
            const std::size_t at = random() % open.size();
            const Open ended = open[at];
            open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
            const Money cost = Money::from_pico(ended.need.ceiling.pico() / 500);
            pool_->end(ended.need, ended.from, cost, ended.need.tokens / 100, now_);
            total += cost;
        }
        for (const Open& one : open) {
            ASSERT_LE(one.from->needed().cost, usd("1"));
            ASSERT_LE(one.from->needed().tokens, 5'000);
        }
    }
    EXPECT_GT(drawn, 2'000);
    pool_->close_all(now_);
    ASSERT_EQ(pool_->closed().size(), 1U);
    for (const Open& one : open) {
        pool_->end(one.need, one.from, Money{}, 0, now_);
    }
    EXPECT_EQ(pool_->closed().front()->used().cost, total);
    EXPECT_EQ(pool_->closed().front()->used().requests, drawn);
    EXPECT_EQ(pool_->closed().front()->open_calls(), 0U);
}

}  // namespace
}  // namespace pulse::policy
