#include "tests/unit/policy/redis/redis_bench.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace pulse::policy {
namespace {

using namespace std::chrono_literals;
using tests::KnownSpent;
using tests::kStart;
using tests::make_id;
using tests::RedisWorker;
using tests::usd;

/// A server, and limits with a budget of 1 USD a day.
class RedisQuotaStoreTest : public testing::Test {
protected:
    void SetUp() override {
        server_ = ::pulse::tests::RedisServer::start({}, why_);
        if (server_ == nullptr) {
            GTEST_SKIP() << why_;
        }
        limits_.org = "default";
        limits_.id = "k";
        limits_.add(
            parse_policy(R"({"max_parallel_requests":50,"budgets":[{"period":"day","limit":"1"}]})")
                .value());
    }

    [[nodiscard]] std::unique_ptr<RedisWorker> make_worker(
        const std::string& holder, std::chrono::milliseconds lease = 30s) {
        RedisStoreSettings settings =
            RedisWorker::make_settings("redis://" + server_->address(), holder, true);
        settings.lease = lease;
        settings.beat = lease / 3;
        return std::make_unique<RedisWorker>(std::move(settings), spent_, clock_);
    }
    [[nodiscard]] Ask ask(std::uint64_t id, Money ceiling) {
        Ask ask;
        ask.id = make_id(id);
        ask.scopes = scopes_;
        ask.ceiling = ceiling;
        ask.now = clock_.now();
        return ask;
    }
    [[nodiscard]] BudgetStanding budget(RedisWorker& worker) {
        return worker.standing(scopes_, clock_.now()).value().budgets.at(0);
    }
    template <class Done>
    [[nodiscard]] static bool await(Done is_done) {
        for (int i = 0; i < 2'000; ++i) {
            if (is_done()) {
                return true;
            }
            std::this_thread::sleep_for(5ms);
        }
        return false;
    }

    std::string why_;
    std::unique_ptr<::pulse::tests::RedisServer> server_;
    ::pulse::tests::FakeClock clock_;
    KnownSpent spent_;
    ScopeLimits limits_;
    const ScopeLimits* scope_ = &limits_;
    std::span<const ScopeLimits* const> scopes_{&scope_, 1};
};

TEST_F(RedisQuotaStoreTest, SharesABudgetBetweenWorkers) {
    const auto one = make_worker("one");
    const auto two = make_worker("two");

    EXPECT_TRUE(one->admit(ask(1, usd("0.6"))).admitted);
    const Verdict refused = two->admit(ask(2, usd("0.6")));

    EXPECT_EQ(refused.code, Errc::budget_exhausted);
    EXPECT_EQ(refused.affordable, usd("0.4"));
    one->settle({make_id(1), usd("0.1"), 0, clock_.now()});
    one->await_settled();
    EXPECT_TRUE(two->admit(ask(3, usd("0.9"))).admitted);
    EXPECT_EQ(budget(*one).spent, usd("0.1"));
    EXPECT_EQ(budget(*one).reserved, usd("0.9"));
    EXPECT_EQ(spent_.asked, 1);  // of the ledger, by the one that was first
}

TEST_F(RedisQuotaStoreTest, RefusesAnIdThatIsHeld) {
    const auto worker = make_worker("one");
    EXPECT_TRUE(worker->admit(ask(1, usd("0.1"))).admitted);

    EXPECT_FALSE(worker->admit(ask(1, usd("0.1"))).admitted);
    EXPECT_EQ(budget(*worker).reserved, usd("0.1"));
}

TEST_F(RedisQuotaStoreTest, BeginsWithWhatTheLedgerKnows) {
    spent_.rows = {{Scope::key, "default", "k", Period::day, usd("0.75")}};
    const auto worker = make_worker("one");

    EXPECT_FALSE(worker->admit(ask(1, usd("0.250000000001"))).admitted);
    EXPECT_TRUE(worker->admit(ask(2, usd("0.25"))).admitted);
}

TEST_F(RedisQuotaStoreTest, ChargesWhatAWorkerThatIsGoneHeldAndCorrectsIt) {
    auto gone = make_worker("gone", 1'500ms);
    const auto other = make_worker("other", 1'500ms);
    EXPECT_TRUE(gone->admit(ask(1, usd("0.4"))).admitted);
    EXPECT_TRUE(gone->admit(ask(2, usd("0.3"))).admitted);
    EXPECT_TRUE(other->admit(ask(3, usd("0.1"))).admitted);
    gone.reset();
    EXPECT_EQ(budget(*other).spent, Money{});

    ASSERT_TRUE(await([&] {
        clock_.advance(5ms);
        return budget(*other).spent == usd("0.7");
    }));
    EXPECT_EQ(budget(*other).reserved, usd("0.1"));

    spent_.ends = {{make_id(1), usd("0.25"), 0, clock_.now()}};
    ASSERT_TRUE(await([&] {
        std::promise<bool> done;
        other->run([&](RedisQuotaStore& store) {
            store.recover("gone", "default", [&](bool is_done) { done.set_value(is_done); });
        });
        return done.get_future().get();
    }));
    EXPECT_EQ(budget(*other).spent, usd("0.25"));
    EXPECT_EQ(budget(*other).reserved, usd("0.1"));
}

TEST_F(RedisQuotaStoreTest, CorrectsNothingInCountersThatBeganAgain) {
    auto gone = make_worker("gone", 1'500ms);
    const auto other = make_worker("other", 1'500ms);
    EXPECT_TRUE(gone->admit(ask(1, usd("0.4"))).admitted);
    EXPECT_TRUE(other->admit(ask(2, usd("0.1"))).admitted);
    gone.reset();
    ASSERT_TRUE(await([&] {
        clock_.advance(5ms);
        return budget(*other).spent == usd("0.4");
    }));
    // They begin again with what the ledger has, in which the call is.
    spent_.rows = {{Scope::key, "default", "k", Period::day, usd("0.5")}};
    server_->command({"DEL", "pulse:{default}:counters"});
    ASSERT_TRUE(await([&] {
        clock_.advance(5ms);
        const auto standing = other->standing(scopes_, clock_.now());
        return standing && standing->budgets.at(0).spent == usd("0.5");
    }));

    spent_.ends = {{make_id(1), usd("0.1"), 0, clock_.now()}};
    ASSERT_TRUE(await([&] {
        clock_.advance(5ms);
        std::promise<bool> done;
        other->run([&](RedisQuotaStore& store) {
            store.recover("gone", "default", [&](bool is_done) { done.set_value(is_done); });
        });
        return done.get_future().get();
    }));

    EXPECT_EQ(budget(*other).spent, usd("0.5"));
    EXPECT_EQ(budget(*other).reserved, usd("0.1"));
}

TEST_F(RedisQuotaStoreTest, DoesNotChargeWhileTheStoreStoodStill) {
    const auto worker = make_worker("one", 3s);
    const auto other = make_worker("other", 3s);
    EXPECT_TRUE(worker->admit(ask(1, usd("0.4"))).admitted);
    EXPECT_TRUE(other->admit(ask(2, usd("0.1"))).admitted);

    // Nobody beats for a minute of the store's time: every lease goes on for as long.
    clock_.advance(60s);

    std::this_thread::sleep_for(500ms);
    EXPECT_EQ(budget(*worker).spent, Money{});
    EXPECT_EQ(budget(*worker).reserved, usd("0.5"));
}

TEST_F(RedisQuotaStoreTest, RestoresWhatWasSpentWhenTheServerLostIt) {
    spent_.rows = {{Scope::key, "default", "k", Period::day, usd("0.5")}};
    const auto worker = make_worker("one");
    EXPECT_TRUE(worker->admit(ask(1, usd("0.1"))).admitted);
    spent_.rows[0].spent = usd("0.9");
    server_->kill();
    ASSERT_TRUE(server_->launch());

    Verdict verdict;
    std::uint64_t id = 2;
    ASSERT_TRUE(await([&] {
        verdict = worker->admit(ask(id++, usd("0.2")));
        return verdict.code != Errc::policy_unavailable;
    }));
    EXPECT_EQ(verdict.code, Errc::budget_exhausted);
    // The call that was under way is held again.
    EXPECT_EQ(budget(*worker).spent, usd("0.9"));
    EXPECT_EQ(budget(*worker).reserved, usd("0.1"));
    worker->settle({make_id(1), usd("0.04"), 0, clock_.now()});
    worker->await_settled();
    EXPECT_TRUE(worker->admit(ask(1'000, usd("0.06"))).admitted);
}

TEST_F(RedisQuotaStoreTest, AnswersAtOnceAndByThePolicyWhenTheServerIsAway) {
    const auto worker = make_worker("one");
    EXPECT_TRUE(worker->admit(ask(1, usd("0.1"))).admitted);
    server_->kill();

    Ask closed = ask(2, usd("0.1"));
    closed.on_store_failure = OnStoreFailure::closed;
    const Verdict refused = worker->admit(closed);
    EXPECT_EQ(refused.code, Errc::policy_unavailable);
    EXPECT_TRUE(refused.retry_after.has_value());
    Ask open = ask(3, usd("0.1"));
    open.on_store_failure = OnStoreFailure::open;
    EXPECT_TRUE(worker->admit(open).admitted);
}

TEST_F(RedisQuotaStoreTest, SettlesLaterWhatEndedWhileTheServerWasFrozen) {
    RedisStoreSettings settings =
        RedisWorker::make_settings("redis://" + server_->address(), "one", false);
    settings.client.deadline = 200ms;
    // Deadlines run on the clock: a real one.
    RedisWorker worker{std::move(settings), spent_, system_clock()};
    const auto ask_now = [&](std::uint64_t id, Money ceiling) {
        Ask asked = ask(id, ceiling);
        asked.now = system_clock().now();
        return asked;
    };
    ASSERT_TRUE(await([&] { return worker.admit(ask_now(1, usd("0.4"))).admitted; }));
    server_->freeze();
    EXPECT_EQ(worker.admit(ask_now(2, usd("0.3"))).code, Errc::policy_unavailable);
    worker.settle({make_id(1), usd("0.1"), 0, system_clock().now()});
    std::this_thread::sleep_for(400ms);
    server_->thaw();

    ASSERT_TRUE(await([&] {
        return worker.run([](RedisQuotaStore& store) { return store.settlements_waiting(); }) == 0;
    }));
    const auto standing = worker.standing(scopes_, system_clock().now());
    ASSERT_TRUE(standing.has_value()) << standing.error().detail();
    EXPECT_EQ(standing->budgets[0].spent, usd("0.1"));
    // The one without an answer was counted by the server when it went on, and released.
    EXPECT_EQ(standing->budgets[0].reserved, Money{});
}

TEST_F(RedisQuotaStoreTest, CountsInManyScopesWhateverTheirNames) {
    const auto worker = make_worker("one");
    std::vector<ScopeLimits> limits(50, limits_);
    std::vector<const ScopeLimits*> scopes;
    for (ScopeLimits& one : limits) {
        one.scope = Scope::tag;
        one.id = std::string(300, 'x') + '\0' + std::to_string(scopes.size());
        one.tokens_per_minute = 1'000;
        scopes.push_back(&one);
    }
    Ask large = ask(1, usd("0.5"));
    large.scopes = scopes;
    large.tokens = 600;

    EXPECT_TRUE(worker->admit(large).admitted);
    clock_.advance(10s);
    worker->settle({large.id, usd("0.2"), 100, clock_.now()});
    worker->await_settled();

    const Standing standing = worker->standing(scopes, clock_.now()).value();
    ASSERT_EQ(standing.budgets.size(), limits.size());
    for (const BudgetStanding& one : standing.budgets) {
        EXPECT_EQ(one.spent, usd("0.2"));
        EXPECT_EQ(one.reserved, usd("0"));
    }
    EXPECT_EQ(standing.parallel_requests, 0);
    EXPECT_EQ(standing.rates.tokens_remaining, 900);
}

TEST_F(RedisQuotaStoreTest, BeginsANewBudgetOnceWithWhatTheLedgerKnows) {
    const auto one = make_worker("one");
    const auto two = make_worker("two");
    EXPECT_TRUE(one->admit(ask(1, usd("0.1"))).admitted);
    EXPECT_TRUE(two->admit(ask(2, usd("0.1"))).admitted);
    limits_.budgets.push_back(Budget{Scope::key, Period::month, usd("5"), "USD", false});
    const std::vector<SpentBefore> spent{{Scope::key, "default", "k", Period::month, usd("4.5")}};

    // Every gateway reads it from the ledger; a call comes in between.
    one->run([&](RedisQuotaStore& store) { store.restore(spent, clock_.now()); });
    EXPECT_TRUE(one->admit(ask(3, usd("0.2"))).admitted);
    two->run([&](RedisQuotaStore& store) { store.restore(spent, clock_.now()); });

    const Verdict refused = two->admit(ask(4, usd("0.4")));
    EXPECT_EQ(refused.code, Errc::budget_exhausted);
    EXPECT_EQ(refused.affordable, usd("0.3"));
}

TEST_F(RedisQuotaStoreTest, CountsOnceWhatWasNotHeld) {
    const auto worker = make_worker("one");
    EXPECT_TRUE(worker->admit(ask(1, usd("0.1"))).admitted);

    worker->run([&](RedisQuotaStore& store) { store.charge(scopes_, usd("0.3"), clock_.now()); });
    worker->await_settled();

    EXPECT_EQ(budget(*worker).spent, usd("0.3"));
    EXPECT_EQ(budget(*worker).reserved, usd("0.1"));
}

}  // namespace
}  // namespace pulse::policy
