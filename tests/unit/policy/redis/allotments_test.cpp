#include "tests/unit/policy/redis/redis_bench.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace pulse::policy {
namespace {

using namespace std::chrono_literals;
using tests::KnownSpent;
using tests::make_id;
using tests::RedisWorker;
using tests::usd;

/// A server, and workers that hold ahead of calls, in real time.
class RedisAllotmentsTest : public testing::Test {
protected:
    void SetUp() override {
        server_ = ::pulse::tests::RedisServer::start({}, why_);
        if (server_ == nullptr) {
            GTEST_SKIP() << why_;
        }
    }

    [[nodiscard]] std::unique_ptr<RedisWorker> make_worker(const std::string& holder) {
        RedisStoreSettings settings =
            RedisWorker::make_settings("redis://" + server_->address(), holder, false);
        settings.client.deadline = 1'000ms;
        settings.holds_ahead = true;
        return std::make_unique<RedisWorker>(std::move(settings), spent_, system_clock());
    }
    void limit(std::string_view policy) {
        limits_.org = "default";
        limits_.id = "k";
        limits_.add(parse_policy(policy).value());
    }
    [[nodiscard]] Ask ask(Money ceiling, OnStoreFailure mode = OnStoreFailure::lease) {
        Ask ask;
        ask.id = make_id(++ids_);
        ask.scopes = scopes_;
        ask.ceiling = ceiling;
        ask.tokens = 100;
        ask.now = system_clock().now();
        ask.on_store_failure = mode;
        return ask;
    }
    /// Calls that end at once; how many of them were drawn.
    int call(RedisWorker& worker, int count, Money ceiling, Money cost) {
        int drawn = 0;
        for (int i = 0; i < count; ++i) {
            const Ask one = ask(ceiling);
            const Verdict verdict = worker.admit(one);
            if (verdict.admitted) {
                note(verdict, cost);
                drawn += verdict.drawn_from ? 1 : 0;
                worker.settle({one.id, cost, 60, system_clock().now()});
            }
        }
        return drawn;
    }
    /// As a ledger does.
    void note(const Verdict& verdict, Money cost) {
        total_ += cost;
        if (verdict.drawn_from) {
            Settlement& end = drawn_[*verdict.drawn_from];
            end.id = *verdict.drawn_from;
            end.cost += cost;
            end.tokens += 60;
            end.requests = ++drawn_count_[*verdict.drawn_from];
        }
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

    std::string why_;
    std::unique_ptr<::pulse::tests::RedisServer> server_;
    KnownSpent spent_;
    ScopeLimits limits_;
    const ScopeLimits* scope_ = &limits_;
    std::span<const ScopeLimits* const> scopes_{&scope_, 1};
    std::uint64_t ids_ = 0;
    Money total_;
    std::map<Uuid, Settlement> drawn_;
    std::map<Uuid, std::int64_t> drawn_count_;
};

TEST_F(RedisAllotmentsTest, AdmitsFastCallsFromWhatIsHeldAhead) {
    limit(R"({"requests_per_minute":1000000,"budgets":[{"period":"total","limit":"1000"}]})");
    const auto worker = make_worker("one");
    static_cast<void>(call(*worker, 300, usd("0.002"), usd("0.0015")));

    ASSERT_TRUE(await([&] { return call(*worker, 50, usd("0.002"), usd("0.0015")) > 0; }));

    // Everything comes back when no calls come any more, and what was spent is exact.
    ASSERT_TRUE(await([&] { return budget(*worker).reserved.is_zero(); }));
    EXPECT_EQ(budget(*worker).spent, total_);
    EXPECT_EQ(worker->run([](RedisQuotaStore& store) { return store.reservations_open(); }), 0U);
    const auto rates = worker->standing(scopes_, system_clock().now()).value().rates;
    EXPECT_EQ(rates.requests_remaining, 1'000'000 - static_cast<std::int64_t>(ids_));
}

TEST_F(RedisAllotmentsTest, ServesFromTheReserveWhileTheServerIsFrozen) {
    limit(R"({"budgets":[{"period":"total","limit":"1000"}]})");
    const auto worker = make_worker("one");
    static_cast<void>(call(*worker, 300, usd("0.02"), usd("0.015")));
    ASSERT_TRUE(await([&] { return budget(*worker).reserved > usd("3"); })) << "no reserve";
    server_->freeze();

    int served = 0;
    for (int i = 0; i < 300; ++i) {
        const Ask one = ask(usd("0.02"));
        const Verdict verdict = worker->admit(one);
        if (verdict.admitted) {
            EXPECT_TRUE(verdict.drawn_from.has_value());
            ++served;
            total_ += usd("0.015");
            worker->settle({one.id, usd("0.015"), 60, system_clock().now()});
        } else {
            EXPECT_EQ(verdict.code, Errc::policy_unavailable);
        }
    }
    EXPECT_GE(served, 290);
    EXPECT_EQ(
        worker->admit(ask(usd("0.02"), OnStoreFailure::closed)).code, Errc::policy_unavailable);
    server_->thaw();

    ASSERT_TRUE(await([&] { return budget(*worker).spent == total_; }));
    ASSERT_TRUE(await([&] { return budget(*worker).reserved.is_zero(); }));
    EXPECT_EQ(budget(*worker).spent, total_);
}

TEST_F(RedisAllotmentsTest, NeverSpendsMoreThanTheLimitWhileTheServerIsFrozen) {
    limit(R"({"budgets":[{"period":"total","limit":"10"}]})");
    const auto one = make_worker("one");
    const auto two = make_worker("two");
    static_cast<void>(call(*one, 100, usd("0.02"), usd("0.02")));
    static_cast<void>(call(*two, 100, usd("0.02"), usd("0.02")));
    ASSERT_TRUE(await([&] { return budget(*one).reserved > usd("0.5"); }));
    server_->freeze();

    for (int i = 0; i < 100; ++i) {
        static_cast<void>(call(*one, 5, usd("0.02"), usd("0.02")));
        static_cast<void>(call(*two, 5, usd("0.02"), usd("0.02")));
    }

    EXPECT_GT(total_, usd("4"));
    EXPECT_LE(total_, usd("10"));
    server_->thaw();
    ASSERT_TRUE(await([&] { return budget(*one).spent == total_; }));
}

TEST_F(RedisAllotmentsTest, RefusesNobodyForWhatAnotherWorkerHoldsAhead) {
    limit(R"({"budgets":[{"period":"total","limit":"10"}]})");
    const auto busy = make_worker("busy");
    const auto other = make_worker("other");
    static_cast<void>(call(*busy, 100, usd("0.02"), usd("0.02")));
    ASSERT_TRUE(await([&] { return budget(*other).reserved > usd("1"); }));

    const Verdict verdict = other->admit(ask(usd("7.9")));

    EXPECT_TRUE(verdict.admitted) << verdict.message;
    EXPECT_EQ(budget(*other).spent, usd("2"));
    EXPECT_EQ(budget(*other).reserved, usd("7.9"));
    // What cannot fit is refused as ever, though somebody may hold ahead again.
    EXPECT_EQ(other->admit(ask(usd("7.9"))).code, Errc::budget_exhausted);
}

TEST_F(RedisAllotmentsTest, ChargesWhatAWorkerThatIsGoneHeldAheadAndCorrectsIt) {
    limit(R"({"requests_per_day":100000,"budgets":[{"period":"total","limit":"1000"}]})");
    const auto other = make_worker("other");
    {
        RedisStoreSettings settings =
            RedisWorker::make_settings("redis://" + server_->address(), "gone", false);
        settings.holds_ahead = true;
        settings.lease = 1'500ms;
        settings.beat = 500ms;
        RedisWorker gone{std::move(settings), spent_, system_clock()};
        static_cast<void>(call(gone, 300, usd("0.02"), usd("0.01")));
        ASSERT_TRUE(await([&] { return call(gone, 1, usd("0.02"), usd("0.01")) > 0; }));
    }
    // A worker that hears of the lease's end charges it.
    ASSERT_TRUE(
        await([&] { return budget(*other).reserved.is_zero() && budget(*other).spent > total_; }));

    for (const auto& [id, end] : drawn_) {
        spent_.ends.push_back(end);
    }
    ASSERT_TRUE(await([&] {
        std::promise<bool> done;
        other->run([&](RedisQuotaStore& store) {
            store.recover("gone", "default", [&](bool is_done) { done.set_value(is_done); });
        });
        return done.get_future().get();
    }));
    EXPECT_EQ(budget(*other).spent, total_);
    EXPECT_TRUE(budget(*other).reserved.is_zero());
    const auto rates = other->standing(scopes_, system_clock().now()).value().rates;
    EXPECT_EQ(rates.requests_remaining, 100'000 - static_cast<std::int64_t>(ids_));
}

}  // namespace
}  // namespace pulse::policy
