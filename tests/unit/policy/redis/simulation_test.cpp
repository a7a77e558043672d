#include "tests/unit/policy/redis/redis_bench.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace pulse::policy {
namespace {

using namespace std::chrono_literals;
using tests::RedisWorker;
using tests::usd;

/// A ledger as several gateways write it: a row per call, which names the allotment that it was
/// drawn from.
class SimulatedLedger final : public SpentSource {
public:
    void write(const Uuid& id, const std::optional<Uuid>& hold, Money cost) {
        const std::scoped_lock lock(mutex_);
        rows_.push_back({hold.value_or(id), cost});
    }
    [[nodiscard]] Money sum() const {
        const std::scoped_lock lock(mutex_);
        Money all;
        for (const Row& row : rows_) {
            all += row.cost;
        }
        return all;
    }
    void find_spent(
        const std::string& /*org*/,
        TimePoint /*now*/,
        std::vector<Uuid> ids,
        net::Loop& loop,
        Answer answer) override {
        const std::scoped_lock lock(mutex_);
        Spent spent;
        Money all;
        std::map<Uuid, Money> by_hold;
        for (const Row& row : rows_) {
            all += row.cost;
            by_hold[row.hold] += row.cost;
        }
        spent.before = {{Scope::key, "default", "k", Period::total, all}};
        for (const Uuid& id : ids) {
            if (const auto found = by_hold.find(id); found != by_hold.end()) {
                spent.known.push_back({id, found->second, 0, {}});
            }
        }
        loop.post([spent, answer = std::move(answer)] { answer(spent); });
    }
    void find_ends(std::vector<Uuid> ids, net::Loop& loop, Ends answer) override {
        const std::scoped_lock lock(mutex_);
        std::vector<Settlement> ends;
        for (const Uuid& id : ids) {
            Settlement& end = ends.emplace_back();
            end = {id, {}, 0, system_clock().now(), 0};
            for (const Row& row : rows_) {
                if (row.hold == id) {
                    end.cost += row.cost;
                    end.requests += 1;
                }
            }
        }
        loop.post([ends, answer = std::move(answer)] { answer(ends); });
    }

private:
    struct Row {
        Uuid hold;
        Money cost;
    };
    mutable std::mutex mutex_;
    std::vector<Row> rows_;
};

/// A machine whose clock is not right.
class SkewedClock final : public Clock {
public:
    explicit SkewedClock(std::chrono::milliseconds skew) : skew_(skew) {}
    [[nodiscard]] TimePoint now() const override { return system_clock().now() + skew_; }
    [[nodiscard]] SteadyTime steady_now() const override { return system_clock().steady_now(); }

private:
    std::chrono::milliseconds skew_;
};

/// Gateways of one budget: they die, their clocks are wrong, the store freezes and loses
/// everything. At every moment what is in the ledger and what open calls may still cost is within
/// the limit; in the end the counter is the ledger.
class QuotaSimulation : public testing::TestWithParam<unsigned> {
protected:
    static constexpr std::size_t kGateways = 4;
    static constexpr std::chrono::seconds kLength{12};
    static constexpr std::chrono::seconds kPatience{90};

    struct Gateway {
        std::unique_ptr<SkewedClock> clock;
        std::string holder;
        std::unique_ptr<RedisWorker> worker;
    };
    struct OpenCall {
        std::size_t gateway = 0;
        Uuid id;
        std::optional<Uuid> hold;
        Money ceiling;
    };

    void SetUp() override {
        server_ = ::pulse::tests::RedisServer::start({}, why_);
        if (server_ == nullptr) {
            GTEST_SKIP() << why_;
        }
        limits_.org = "default";
        limits_.id = "k";
        limits_.add(parse_policy(R"({"budgets":[{"period":"total","limit":"60"}]})").value());
        for (Gateway& gateway : gateways_) {
            gateway.clock = std::make_unique<SkewedClock>(
                std::chrono::milliseconds{static_cast<std::int64_t>(random_() % 40'000) - 20'000});
            start(gateway);
        }
    }
    void start(Gateway& gateway) {
        gateway.holder = "life" + std::to_string(++lives_);
        RedisStoreSettings settings =
            RedisWorker::make_settings("redis://" + server_->address(), gateway.holder, false);
        settings.client.deadline = 300ms;
        settings.lease = 1'500ms;
        settings.beat = 500ms;
        settings.gather = 1'500ms;
        settings.holds_ahead = true;
        gateway.worker =
            std::make_unique<RedisWorker>(std::move(settings), ledger_, *gateway.clock);
    }
    void admit(std::size_t place) {
        Gateway& gateway = gateways_[place];
        Ask ask;
        ask.id = ids_.next(gateway.clock->now());
        ask.scopes = scopes_;
        ask.ceiling = Money::from_pico(static_cast<std::int64_t>(random_() % 40'000'000'000));
        ask.now = gateway.clock->now();
        const Verdict verdict = gateway.worker->admit(ask);
        if (verdict.admitted) {
            drawn_ += verdict.drawn_from ? 1 : 0;
            open_.push_back({place, ask.id, verdict.drawn_from, ask.ceiling});
        } else {
            refused_ += verdict.code == Errc::budget_exhausted ? 1 : 0;
        }
    }
    /// The row first, as the gateway does.
    void end(std::size_t at) {
        const OpenCall call = open_[at];
        open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(at));
        const Money cost = Money::from_pico(
            call.ceiling.pico() * static_cast<std::int64_t>(random_() % 101) / 100);
        ledger_.write(call.id, call.hold, cost);
        Gateway& gateway = gateways_[call.gateway];
        gateway.worker->settle({call.id, cost, 0, gateway.clock->now()});
    }
    /// Its open calls are charged at their worst; the next life settles what it held.
    void die(std::size_t place) {
        Gateway& gateway = gateways_[place];
        left_.push_back(gateway.holder);
        gateway.worker.reset();
        std::erase_if(open_, [&](const OpenCall& call) {
            if (call.gateway == place) {
                ledger_.write(call.id, call.hold, call.ceiling);
            }
            return call.gateway == place;
        });
        start(gateway);
    }
    [[nodiscard]] Money exposure() const {
        Money all = ledger_.sum();
        for (const OpenCall& call : open_) {
            all += call.ceiling;
        }
        return all;
    }
    [[nodiscard]] bool recover(const std::string& holder) {
        std::promise<bool> done;
        gateways_[0].worker->run([&](RedisQuotaStore& store) {
            store.recover(holder, "default", [&](bool is_done) { done.set_value(is_done); });
        });
        return done.get_future().get();
    }
    template <class Done>
    [[nodiscard]] static bool await(Done is_done) {
        for (int i = 0; i < 3'000; ++i) {
            if (is_done()) {
                return true;
            }
            std::this_thread::sleep_for(10ms);
        }
        return false;
    }

    std::mt19937_64 random_{GetParam()};
    std::string why_;
    std::unique_ptr<::pulse::tests::RedisServer> server_;
    SimulatedLedger ledger_;
    ScopeLimits limits_;
    const ScopeLimits* scope_ = &limits_;
    std::span<const ScopeLimits* const> scopes_{&scope_, 1};
    UuidGenerator ids_;
    std::array<Gateway, kGateways> gateways_;
    std::vector<OpenCall> open_;
    std::vector<std::string> left_;  ///< holders of lives that are over
    int lives_ = 0;
    int drawn_ = 0;
    int refused_ = 0;
};

TEST_P(QuotaSimulation, SpendsNoMoreThanTheLimitAndCountsWhatTheLedgerHas) {
    const auto until = std::chrono::steady_clock::now() + kLength;
    const Money limit = usd("60");
    int steps = 0;
    int losses = 0;
    // Longer where the machine is slow, until everything has been seen.
    const auto is_over = [&](auto now) {
        return now >= until && ((drawn_ > 0 && refused_ > 0) || now >= until + kPatience);
    };
    for (; !is_over(std::chrono::steady_clock::now()); ++steps) {
        const std::uint64_t dice = random_() % 10'000;
        const std::size_t place = random_() % kGateways;
        if (dice < 5'200 || open_.empty()) {
            admit(place);
        } else if (dice < 9'985) {
            end(random_() % open_.size());
        } else if (dice < 9'994) {
            die(place);
        } else if (dice < 9'999) {
            server_->freeze();
            for (int i = 0; i < 20; ++i) {
                admit(random_() % kGateways);
            }
            server_->thaw();
        } else if (losses < 2) {
            ++losses;
            server_->kill();
            ASSERT_TRUE(server_->launch());
        }
        ASSERT_LE(exposure(), limit) << "seed " << GetParam() << ", step " << steps;
    }
    while (!open_.empty()) {
        end(open_.size() - 1);
    }
    for (const Gateway& gateway : gateways_) {
        gateway.worker->run([](RedisQuotaStore& store) { store.give_back(); });
    }
    for (const std::string& holder : left_) {
        ASSERT_TRUE(await([&] { return recover(holder); })) << holder;
    }
    BudgetStanding standing;
    const bool is_exact = await([&] {
        const auto found = gateways_[0].worker->standing(scopes_, gateways_[0].clock->now());
        if (found) {
            standing = found->budgets.at(0);
        }
        return found && standing.reserved.is_zero() && standing.spent == ledger_.sum();
    });
    EXPECT_TRUE(is_exact) << "seed " << GetParam() << ": " << standing.spent.to_string()
                          << " spent, " << standing.reserved.to_string() << " reserved, "
                          << ledger_.sum().to_string() << " in the ledger";
    EXPECT_GT(drawn_, 0);
    EXPECT_GT(refused_, 0);
    std::cout << steps << " steps, " << lives_ << " lives, " << losses << " losses, " << drawn_
              << " drawn, " << refused_ << " refused, " << ledger_.sum().to_string() << " spent\n";
}

/// PULSE_SIMULATION_SEEDS, or two.
[[nodiscard]] unsigned seeds() {
    const char* const text = std::getenv("PULSE_SIMULATION_SEEDS");
    return text == nullptr ? 2U : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

INSTANTIATE_TEST_SUITE_P(Seeds, QuotaSimulation, testing::Range(1U, 1U + seeds()));

}  // namespace
}  // namespace pulse::policy
