#include "policy/embedded/embedded_store.h"
#include "tests/unit/policy/support.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

namespace pulse::policy {
namespace {

using namespace std::chrono_literals;
using tests::Caller;
using tests::kStart;
using tests::make_key_record;
using tests::usd;

constexpr int kThreads = 4;
constexpr std::uint64_t kIdsPerThread = 1'000'000;

template <class Work>
void run_in_threads(Work work) {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back(work, static_cast<std::uint64_t>(i));
    }
}

TEST(EmbeddedQuotaStoreInvariants, AdmitsExactlyWhatFitsFromManyThreads) {
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(R"({"budgets":[{"period":"day","limit":"1.234"}]})");
    std::atomic<int> admitted = 0;

    run_in_threads([&](std::uint64_t thread) {
        Caller caller{store, key, thread * kIdsPerThread};
        for (int i = 0; i < 2'000; ++i) {
            admitted += caller.ask(kStart, 0, usd("0.001")).admitted ? 1 : 0;
        }
    });

    EXPECT_EQ(admitted, 1'234);
    EXPECT_EQ(tests::standing(store, key, kStart).budgets[0].remaining, Money{});
}

TEST(EmbeddedQuotaStoreInvariants, AdmitsExactlyTheLimitPerMinuteFromManyThreads) {
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(R"({"requests_per_minute":777})");
    std::atomic<int> admitted = 0;

    run_in_threads([&](std::uint64_t thread) {
        Caller caller{store, key, thread * kIdsPerThread};
        for (int i = 0; i < 1'000; ++i) {
            admitted += caller.ask(kStart + std::chrono::milliseconds{i * 60}).admitted ? 1 : 0;
        }
    });

    EXPECT_EQ(admitted, 777);
}

TEST(EmbeddedQuotaStoreInvariants, AdmitsNoMoreThanTheLimitInAnyMinuteOfAMovingClock) {
    constexpr int kSteps = 1'500;
    constexpr int kLimit = 60;
    EmbeddedQuotaStore store;
    const KeyRecord key = make_key_record(R"({"requests_per_minute":60})");
    std::mt19937_64 random{11};
    std::vector<TimePoint> times{kStart};
    while (times.size() < kSteps) {
        times.push_back(times.back() + std::chrono::milliseconds{random() % 2'000});
    }
    std::vector<std::atomic<int>> admitted(kSteps);
    std::barrier step{kThreads};

    run_in_threads([&](std::uint64_t thread) {
        Caller caller{store, key, thread * kIdsPerThread};
        for (std::size_t i = 0; i < kSteps; ++i) {
            for (std::size_t n = 0; n < (i + thread) % 4; ++n) {
                admitted[i] += caller.ask(times[i]).admitted ? 1 : 0;
            }
            step.arrive_and_wait();
        }
    });

    int total = 0;
    for (std::size_t end = 0, begin = 0, in_minute = 0; end < kSteps; ++end) {
        total += admitted[end];
        in_minute += static_cast<std::size_t>(admitted[end]);
        for (; times[begin] < times[end] - 60s; ++begin) {
            in_minute -= static_cast<std::size_t>(admitted[begin]);
        }
        ASSERT_LE(in_minute, static_cast<std::size_t>(kLimit)) << "step " << end;
    }
    EXPECT_GE(total, kLimit * ((times.back() - kStart) / 60s) * 95 / 100);
}

/// What one thread does: random requests of random size, some left open for a while, one in ten
/// abandoned.
class RandomCaller {
public:
    RandomCaller(
        EmbeddedQuotaStore& store, const std::vector<KeyRecord>& keys, std::uint64_t thread)
        : store_(store), keys_(keys), random_(thread), next_id_(thread * kIdsPerThread) {}

    void run(int steps) {
        for (int i = 0; i < steps; ++i) {
            if (open_.size() < 8 && random_() % 2 == 0) {
                ask();
            } else if (!open_.empty()) {
                end();
            }
        }
        while (!open_.empty()) {
            end();
        }
    }
    [[nodiscard]] const std::vector<Int128>& settled() const { return settled_; }

private:
    struct Open {
        Uuid id;
        std::size_t key = 0;
        std::uint64_t ceiling = 0;
    };

    void ask() {
        const Open next{tests::make_id(next_id_++), random_() % keys_.size(), random_() % 1'000};
        Ask ask;
        ask.id = next.id;
        const ScopeLimits limits = tests::limits_of(keys_[next.key]);
        const std::array<const ScopeLimits*, 1> scopes{&limits};
        ask.scopes = scopes;
        ask.ceiling = Money::from_pico(static_cast<Int128>(next.ceiling));
        ask.now = kStart;
        tests::LastVerdict handler;
        store_.admit(ask, handler);
        if (handler.last().admitted) {
            open_.push_back(next);
        }
    }
    void end() {
        const std::size_t at = random_() % open_.size();
        const Open ended = open_[at];
        open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(at));
        if (random_() % 10 == 0) {
            tests::LastVerdict handler;
            store_.abandon(ended.id, handler);
            return;
        }
        const auto cost = static_cast<Int128>(random_() % (ended.ceiling + 1));
        store_.settle({ended.id, Money::from_pico(cost), 0, kStart});
        store_.settle({ended.id, Money::from_pico(cost), 0, kStart});
        settled_[ended.key] += cost;
    }

    EmbeddedQuotaStore& store_;
    const std::vector<KeyRecord>& keys_;
    std::mt19937_64 random_;
    std::uint64_t next_id_;
    std::vector<Open> open_;
    std::vector<Int128> settled_ = std::vector<Int128>(keys_.size(), 0);
};

TEST(EmbeddedQuotaStoreInvariants, NeverPassesABudgetAndLosesNothingUnderThreads) {
    constexpr int kSteps = 20'000;
    const Money limit = Money::from_pico(1'000'000);
    std::vector<KeyRecord> keys;
    for (const char* id : {"a", "b", "c"}) {
        keys.push_back(make_key_record(R"({"budgets":[{"period":"day","limit":"0.000001"}]})", id));
    }
    EmbeddedQuotaStore store;
    std::vector<Int128> settled(keys.size(), 0);
    std::mutex settled_mutex;
    std::atomic<bool> done = false;
    std::atomic<int> violations = 0;
    std::jthread observer{[&] {
        while (!done) {
            for (const KeyRecord& key : keys) {
                const Standing standing = tests::standing(store, key, kStart);
                const bool holds =
                    standing.budgets[0].spent + standing.budgets[0].reserved <= limit &&
                    standing.budgets[0].reserved >= Money{};
                violations += holds ? 0 : 1;
            }
            std::this_thread::yield();
        }
    }};

    run_in_threads([&](std::uint64_t thread) {
        RandomCaller caller{store, keys, thread};
        caller.run(kSteps);
        const std::lock_guard lock{settled_mutex};
        for (std::size_t i = 0; i < keys.size(); ++i) {
            settled[i] += caller.settled()[i];
        }
    });
    done = true;
    observer.join();

    EXPECT_EQ(violations, 0);
    EXPECT_EQ(store.reservations_open(), 0U);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const BudgetStanding standing = tests::standing(store, keys[i], kStart).budgets[0];
        EXPECT_EQ(standing.spent, Money::from_pico(settled[i]));
        EXPECT_EQ(standing.reserved, Money{});
        Caller last{store, keys[i], 99 * kIdsPerThread + i * 10};
        EXPECT_FALSE(last.ask(kStart, 0, standing.remaining + Money::from_pico(1)).admitted);
        EXPECT_TRUE(last.ask(kStart, 0, standing.remaining).admitted);
    }
}

}  // namespace
}  // namespace pulse::policy
