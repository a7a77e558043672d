// What an admission and its settlement over three scopes cost with counters in Redis: the worker's
// thread, and the server.
//   pulse_bench_redis_store URL [REQUESTS] [IN FLIGHT]
// The server's own time per script is in its INFO commandstats, which this prints the raw text for.
#include "policy/redis/redis_store.h"

#include <fmt/core.h>
#include <sys/resource.h>

#include <charconv>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace pulse;
using namespace pulse::policy;

[[nodiscard]] double thread_cpu_us() {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    const auto us = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    };
    return us(usage.ru_utime) + us(usage.ru_stime);
}

class NothingSpent final : public SpentSource {
public:
    void find_spent(
        const std::string& /*org*/, TimePoint /*now*/, net::Loop& loop, Answer answer) override {
        loop.post([answer = std::move(answer)] { answer(std::vector<SpentBefore>{}); });
    }
    void find_ends(std::vector<Uuid> /*ids*/, net::Loop& loop, Ends answer) override {
        loop.post([answer = std::move(answer)] { answer(std::vector<Settlement>{}); });
    }
};

class Load {
public:
    Load(net::Loop& loop, RedisQuotaStore& store, std::size_t in_flight, std::size_t requests)
        : loop_(loop), store_(store), left_(requests), running_(in_flight) {
        const std::array<std::pair<Scope, const char*>, 3> names{
            {{Scope::key, "key_0199f0b2d4d07c3e"},
             {Scope::team, "search"},
             {Scope::organisation, ""}}};
        for (const auto& [scope, id] : names) {
            ScopeLimits limits;
            limits.scope = scope;
            limits.org = "default";
            limits.id = id;
            limits.budgets = {
                Budget{scope, Period::month, Money::parse("1000000").value(), "USD", false}};
            limits_.push_back(limits);
        }
        for (const ScopeLimits& limits : limits_) {
            scopes_.push_back(&limits);
        }
        for (std::size_t i = 0; i < in_flight; ++i) {
            callers_.push_back(std::make_unique<Caller>(*this));
        }
        for (const auto& caller : callers_) {
            caller->call();
        }
    }
    [[nodiscard]] std::size_t admitted() const { return admitted_; }

private:
    class Caller final : public VerdictHandler {
    public:
        explicit Caller(Load& load) : load_(load) {}
        void call() {
            Ask ask;
            ask.id = id_ = load_.ids_.next(system_clock().now());
            ask.scopes = load_.scopes_;
            ask.ceiling = Money::from_pico(2'000'000'000);
            ask.tokens = 1'000;
            ask.now = system_clock().now();
            load_.store_.admit(ask, *this);
        }
        void on_verdict(const Verdict& verdict) override {
            load_.admitted_ += verdict.admitted ? 1 : 0;
            load_.store_.settle({id_, Money::from_pico(1'000'000'000), 900, system_clock().now()});
            if (load_.left_ > 0) {
                --load_.left_;
                return call();
            }
            if (--load_.running_ == 0) {
                load_.loop_.stop();
            }
        }

    private:
        Load& load_;
        Uuid id_;
    };

    net::Loop& loop_;
    RedisQuotaStore& store_;
    UuidGenerator ids_;
    std::vector<ScopeLimits> limits_;
    std::vector<const ScopeLimits*> scopes_;
    std::vector<std::unique_ptr<Caller>> callers_;
    std::size_t left_;
    std::size_t running_;
    std::size_t admitted_ = 0;
};

[[nodiscard]] std::size_t number(const char* text, std::size_t otherwise) {
    if (text == nullptr) {
        return otherwise;
    }
    std::size_t value = otherwise;
    std::from_chars(text, text + std::strlen(text), value);
    return value;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        fmt::print(stderr, "usage: pulse_bench_redis_store URL [REQUESTS] [IN FLIGHT]\n");
        return 2;
    }
    const auto address = net::redis::parse_redis_url(argv[1]);
    if (!address) {
        fmt::print(stderr, "{}\n", address.error().detail());
        return 2;
    }
    const std::size_t requests = number(argc > 2 ? argv[2] : nullptr, 100'000);
    const std::size_t in_flight = number(argc > 3 ? argv[3] : nullptr, 64);
    net::Loop loop;
    NothingSpent spent;
    RedisStoreSettings settings;
    settings.client.address = *address;
    settings.client.deadline = std::chrono::milliseconds{2'000};
    settings.holder = "bench";
    RedisQuotaStore store{loop, system_clock(), settings, spent, nullptr};
    Load load{loop, store, in_flight, requests};
    const double before = thread_cpu_us();
    const auto begun = std::chrono::steady_clock::now();
    loop.run();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begun;
    const auto all = static_cast<double>(requests + in_flight);
    fmt::print(
        "{} of {} admitted and settled, {} in flight: {:.0f}/s, {:.2f} us of the worker's CPU for "
        "each pair\n",
        load.admitted(),
        requests + in_flight,
        in_flight,
        all / taken.count(),
        (thread_cpu_us() - before) / all);
    return 0;
}
