#include "tests/unit/policy/redis/redis_bench.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

namespace pulse::policy {
namespace {

using namespace std::chrono_literals;
using tests::KnownSpent;
using tests::make_id;
using tests::RedisWorker;
using tests::usd;

/// Two workers of a server that loses everything.
class RedisLossTest : public testing::Test {
protected:
    void SetUp() override {
        server_ = ::pulse::tests::RedisServer::start({}, why_);
        if (server_ == nullptr) {
            GTEST_SKIP() << why_;
        }
        limits_.org = "default";
        limits_.id = "k";
        limits_.add(parse_policy(R"({"budgets":[{"period":"total","limit":"10"}]})").value());
    }

    [[nodiscard]] std::unique_ptr<RedisWorker> make_worker(
        const std::string& holder, bool holds_ahead = false) {
        RedisStoreSettings settings =
            RedisWorker::make_settings("redis://" + server_->address(), holder, false);
        settings.client.deadline = 1'000ms;
        settings.gather = 1'500ms;
        settings.beat = 1'000ms;
        settings.holds_ahead = holds_ahead;
        return std::make_unique<RedisWorker>(std::move(settings), spent_, system_clock());
    }
    [[nodiscard]] Ask ask(std::uint64_t id, Money ceiling) {
        Ask ask;
        ask.id = make_id(id);
        ask.scopes = scopes_;
        ask.ceiling = ceiling;
        ask.now = system_clock().now();
        return ask;
    }
    [[nodiscard]] static Settlement end(std::uint64_t id, Money cost) {
        return {make_id(id), cost, 0, system_clock().now()};
    }
    [[nodiscard]] BudgetStanding budget(RedisWorker& worker) {
        const auto standing = worker.standing(scopes_, system_clock().now());
        return standing ? standing->budgets.at(0) : BudgetStanding{};
    }
    template <class Done>
    [[nodiscard]] static bool await(Done is_done) {
        for (int i = 0; i < 2'000; ++i) {
            if (is_done()) {
                return true;
            }
            std::this_thread::sleep_for(10ms);
        }
        return false;
    }
    [[nodiscard]] bool lose() {
        server_->kill();
        return server_->launch();
    }

    std::string why_;
    std::unique_ptr<::pulse::tests::RedisServer> server_;
    KnownSpent spent_;
    ScopeLimits limits_;
    const ScopeLimits* scope_ = &limits_;
    std::span<const ScopeLimits* const> scopes_{&scope_, 1};
};

TEST_F(RedisLossTest, HoldsAgainWhatEveryWorkerHeldAndCountsEachEndOnce) {
    const auto one = make_worker("one");
    const auto two = make_worker("two");
    ASSERT_TRUE(await([&] { return one->admit(ask(1, usd("1"))).admitted; }));  // stays open
    EXPECT_TRUE(one->admit(ask(2, usd("1"))).admitted);  // ends, and its row is in the ledger
    EXPECT_TRUE(one->admit(ask(3, usd("1"))).admitted);  // ends, and its row is on its way
    EXPECT_TRUE(two->admit(ask(4, usd("1"))).admitted);  // stays open
    EXPECT_TRUE(two->admit(ask(5, usd("1"))).admitted);  // ends while there are no counters
    one->settle(end(2, usd("0.2")));
    one->settle(end(3, usd("0.3")));
    one->await_settled();
    spent_.rows = {{Scope::key, "default", "k", Period::total, usd("0.2")}};
    spent_.ends = {end(2, usd("0.2"))};

    ASSERT_TRUE(lose());
    two->settle(end(5, usd("0.5")));

    ASSERT_TRUE(await([&] { return budget(*one).spent == usd("1"); }))
        << budget(*one).spent.to_string() << " spent";
    EXPECT_EQ(budget(*two).reserved, usd("2"));
    one->settle(end(1, usd("0.1")));
    two->settle(end(4, usd("0.4")));
    one->await_settled();
    two->await_settled();
    EXPECT_EQ(budget(*one).spent, usd("1.5"));
    EXPECT_TRUE(budget(*one).reserved.is_zero());
}

TEST_F(RedisLossTest, RefusesAtOnceUntilEveryWorkerCouldSayWhatItHolds) {
    const auto one = make_worker("one");
    const auto two = make_worker("two");
    ASSERT_TRUE(await([&] { return one->admit(ask(1, usd("6"))).admitted; }));
    EXPECT_TRUE(two->admit(ask(2, usd("3"))).admitted);
    ASSERT_TRUE(lose());

    // Whoever asks first does not get what the other holds.
    std::uint64_t id = 10;
    Verdict verdict;
    ASSERT_TRUE(await([&] {
        verdict = two->admit(ask(id++, usd("2")));
        return verdict.code != Errc::policy_unavailable;
    }));

    EXPECT_EQ(verdict.code, Errc::budget_exhausted) << verdict.message;
    EXPECT_EQ(budget(*two).reserved, usd("9"));
}

TEST_F(RedisLossTest, BeginsAgainOnAnotherServer) {
    const auto worker = make_worker("one");
    ASSERT_TRUE(await([&] { return worker->admit(ask(1, usd("1"))).admitted; }));
    EXPECT_TRUE(worker->admit(ask(2, usd("2"))).admitted);
    worker->settle(end(2, usd("2")));
    worker->await_settled();
    // As after a fail-over to a replica that had not heard of the second call.
    server_->command({"HSET", "pulse:{default}:counters", "server", "0123"});
    spent_.rows = {{Scope::key, "default", "k", Period::total, usd("0.25")}};

    ASSERT_TRUE(await([&] { return budget(*worker).spent == usd("2.25"); }));
    EXPECT_EQ(budget(*worker).reserved, usd("1"));
    EXPECT_EQ(spent_.asked, 2);
}

TEST_F(RedisLossTest, KeepsWhatCallsDrewFromAllotments) {
    const auto worker = make_worker("one", true);
    Money total;
    std::uint64_t id = 0;
    bool is_drawn = false;
    // Until one call is open that was drawn.
    ASSERT_TRUE(await([&] {
        for (int i = 0; i < 100; ++i) {
            const Verdict verdict = worker->admit(ask(++id, usd("0.001")));
            if (verdict.drawn_from) {
                is_drawn = true;
                break;
            }
            if (verdict.admitted) {
                total += usd("0.0005");
                worker->settle(end(id, usd("0.0005")));
            }
        }
        return is_drawn;
    }));

    ASSERT_TRUE(lose());

    ASSERT_TRUE(await([&] { return budget(*worker).spent >= total; }));
    EXPECT_GE(budget(*worker).reserved, usd("0.001"));
    worker->settle(end(id, usd("0.0007")));
    total += usd("0.0007");
    ASSERT_TRUE(await([&] {
        return budget(*worker).reserved.is_zero() && budget(*worker).spent == total;
    })) << budget(*worker).spent.to_string()
        << " spent";
}

}  // namespace
}  // namespace pulse::policy
