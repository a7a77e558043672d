#pragma once

#include "policy/redis/redis_store.h"
#include "tests/support/fake_clock.h"
#include "tests/support/redis_server.h"
#include "tests/unit/net/loop_thread.h"
#include "tests/unit/policy/support.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pulse::policy::tests {

/// A ledger that knows what a test says.
class KnownSpent final : public SpentSource {
public:
    void find_spent(
        const std::string& /*org*/,
        TimePoint /*now*/,
        std::vector<Uuid> ids,
        net::Loop& loop,
        Answer answer) override {
        ++asked;
        Spent spent{rows, {}};
        for (const Settlement& end : ends) {
            if (std::find(ids.begin(), ids.end(), end.id) != ids.end()) {
                spent.known.push_back(end);
            }
        }
        loop.post([spent, answer = std::move(answer)] { answer(spent); });
    }
    void find_ends(std::vector<Uuid> ids, net::Loop& loop, Ends answer) override {
        std::vector<Settlement> found;
        for (const Uuid& id : ids) {
            found.push_back({id, {}, 0, kStart, 0});
            for (const Settlement& end : ends) {
                if (end.id == id) {
                    found.back() = end;
                }
            }
        }
        loop.post([found = std::move(found), answer = std::move(answer)] { answer(found); });
    }
    std::vector<SpentBefore> rows;
    std::vector<Settlement> ends;
    std::atomic<int> asked{0};
};

/// A store of one worker, asked and waited for from the test's thread. Its clock is the test's.
class RedisWorker {
public:
    RedisWorker(
        const ::pulse::tests::RedisServer& server,
        std::string holder,
        SpentSource& spent,
        const Clock& clock = system_clock(),
        bool uses_callers_time = true)
        : RedisWorker(
              make_settings("redis://" + server.address(), std::move(holder), uses_callers_time),
              spent,
              clock) {}

    RedisWorker(RedisStoreSettings settings, SpentSource& spent, const Clock& clock) {
        store_ = thread_.run([&] {
            return std::make_unique<RedisQuotaStore>(
                thread_.loop(), clock, std::move(settings), spent, nullptr);
        });
    }
    ~RedisWorker() {
        thread_.run([&] { store_.reset(); });
    }
    RedisWorker(const RedisWorker&) = delete;
    RedisWorker& operator=(const RedisWorker&) = delete;

    [[nodiscard]] static RedisStoreSettings make_settings(
        const std::string& url, std::string holder, bool uses_callers_time) {
        RedisStoreSettings settings;
        settings.client.address = net::redis::parse_redis_url(url).value();
        // Machines that run tests are busy: what a deadline does is another test's subject.
        settings.client.deadline = std::chrono::milliseconds{5'000};
        settings.holder = std::move(holder);
        settings.uses_callers_time = uses_callers_time;
        settings.holds_ahead = false;
        settings.gather = std::chrono::milliseconds{0};
        return settings;
    }

    [[nodiscard]] Verdict admit(const Ask& ask) {
        Waiter waiter;
        thread_.run([&] { store_->admit(ask, waiter); });
        return waiter.verdict.get_future().get();
    }
    void settle(const Settlement& settlement) {
        thread_.run([&] { store_->settle(settlement); });
    }
    /// Until the server has taken every settlement.
    void await_settled() {
        while (thread_.run([&] { return store_->settlements_waiting(); }) != 0) {
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
    }
    [[nodiscard]] Result<Standing> standing(
        std::span<const ScopeLimits* const> scopes, TimePoint now) {
        Waiter waiter;
        thread_.run([&] { store_->ask_standing(scopes, now, waiter); });
        return waiter.standing.get_future().get();
    }
    template <class Task>
    auto run(Task task) {
        return thread_.run([&] { return task(*store_); });
    }

private:
    struct Waiter final : VerdictHandler, StandingHandler {
        void on_verdict(const Verdict& given) override { verdict.set_value(given); }
        void on_standing(const Result<Standing>& given) override { standing.set_value(given); }
        std::promise<Verdict> verdict;
        std::promise<Result<Standing>> standing;
    };

    net::LoopThread thread_;
    std::unique_ptr<RedisQuotaStore> store_;
};

}  // namespace pulse::policy::tests
