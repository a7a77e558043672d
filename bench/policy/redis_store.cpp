// What admissions over three scopes and their settlements cost with counters in Redis: the worker's
// thread, and the CPU time of the server, each on its own.
//   pulse_bench_redis_store URL [REQUESTS] [IN FLIGHT] [limits] [ahead]
// With `limits` each scope has limits of requests and tokens a minute besides its budget, with
// `ahead` calls are drawn from allotments. Nothing else should use the server meanwhile.
#include "policy/redis/redis_store.h"

#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
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
        const std::string& /*org*/,
        TimePoint /*now*/,
        std::vector<Uuid> /*ids*/,
        net::Loop& loop,
        Answer answer) override {
        loop.post([answer = std::move(answer)] { answer(Spent{}); });
    }
    void find_ends(std::vector<Uuid> /*ids*/, net::Loop& loop, Ends answer) override {
        loop.post([answer = std::move(answer)] { answer(std::vector<Settlement>{}); });
    }
};

/// The CPU time that a server has used so far, by its INFO.
class ServerCpu final : public net::redis::ReplyHandler {
public:
    ServerCpu(net::Loop& loop, const net::redis::ClientSettings& settings)
        : client_(loop, system_clock(), settings, nullptr) {}
    /// `then` is called with microseconds.
    void ask(std::function<void(double)> then) {
        then_ = std::move(then);
        const std::array<std::string_view, 2> words{"INFO", "cpu"};
        client_.command({}, words, *this);
    }
    void on_reply(const net::redis::Reply& reply) override {
        then_(
            (seconds(reply.text(), "used_cpu_user:") + seconds(reply.text(), "used_cpu_sys:")) *
            1e6);
    }
    void on_failure(const net::redis::Failure& failure) override {
        fmt::print(stderr, "{}\n", failure.text);
        std::exit(1);
    }

private:
    [[nodiscard]] static double seconds(std::string_view text, std::string_view name) {
        const std::size_t at = text.find(name);
        double value = 0;
        if (at != std::string_view::npos) {
            const std::string_view rest = text.substr(at + name.size());
            std::from_chars(rest.data(), rest.data() + rest.size(), value);
        }
        return value;
    }

    net::redis::Client client_;
    std::function<void(double)> then_;
};

[[nodiscard]] std::vector<ScopeLimits> three_scopes(bool has_limits) {
    const std::array<std::pair<Scope, const char*>, 3> names{
        {{Scope::key, "key_0199f0b2d4d07c3e"}, {Scope::team, "search"}, {Scope::organisation, ""}}};
    std::vector<ScopeLimits> scopes;
    for (const auto& [scope, id] : names) {
        ScopeLimits limits;
        limits.scope = scope;
        limits.org = "default";
        limits.id = id;
        limits.budgets = {
            Budget{scope, Period::month, Money::parse("1000000").value(), "USD", false}};
        if (has_limits) {
            limits.requests_per_minute = 100'000'000;
            limits.tokens_per_minute = 100'000'000'000;
        }
        scopes.push_back(limits);
    }
    return scopes;
}

/// Rounds of admissions, so many in flight, and then of their settlements.
class Load {
public:
    Load(
        net::Loop& loop,
        RedisQuotaStore& store,
        ServerCpu& server,
        std::vector<ScopeLimits> limits,
        std::size_t in_flight)
        : loop_(loop),
          store_(store),
          server_(server),
          limits_(std::move(limits)),
          in_flight_(in_flight),
          settled_(
              loop, [](void* self) { static_cast<Load*>(self)->await_settled(); }, this) {
        for (const ScopeLimits& one : limits_) {
            scopes_.push_back(&one);
        }
        for (std::size_t i = 0; i < kRound; ++i) {
            callers_.push_back(std::make_unique<Caller>(*this));
        }
    }

    /// Then the loop is stopped.
    void run(std::size_t rounds) {
        rounds_ = rounds;
        server_.ask([this](double cpu) { admit(cpu); });
    }

    struct Cost {
        double server_us = 0;
        double worker_us = 0;
    };
    [[nodiscard]] Cost admission() const { return per_call(admitting_); }
    [[nodiscard]] Cost settlement() const { return per_call(settling_); }
    [[nodiscard]] std::size_t calls() const { return calls_; }
    [[nodiscard]] std::size_t admitted() const { return admitted_; }
    [[nodiscard]] std::size_t drawn() const { return drawn_; }

private:
    static constexpr std::size_t kRound = 2'048;

    class Caller final : public VerdictHandler {
    public:
        explicit Caller(Load& load) : load_(load) {}
        void admit() {
            Ask ask;
            ask.id = id_ = load_.ids_.next(system_clock().now());
            ask.scopes = load_.scopes_;
            ask.ceiling = Money::from_pico(2'000'000'000);
            ask.tokens = 1'000;
            ask.now = system_clock().now();
            load_.store_.admit(ask, *this);
        }
        void settle() {
            load_.store_.settle({id_, Money::from_pico(1'000'000'000), 900, system_clock().now()});
        }
        void on_verdict(const Verdict& verdict) override {
            load_.admitted_ += verdict.admitted ? 1 : 0;
            load_.drawn_ += verdict.drawn_from ? 1U : 0U;
            load_.on_verdict();
        }

    private:
        Load& load_;
        Uuid id_;
    };

    [[nodiscard]] Cost per_call(const Cost& all) const {
        const auto count = static_cast<double>(calls_);
        return {all.server_us / count, all.worker_us / count};
    }
    void admit(double server_cpu) {
        server_before_ = server_cpu;
        worker_before_ = thread_cpu_us();
        begun_ = ended_ = 0;
        while (begun_ < std::min(in_flight_, kRound)) {
            callers_[begun_++]->admit();
        }
    }
    void on_verdict() {
        ++ended_;
        if (begun_ < kRound) {
            return callers_[begun_++]->admit();
        }
        if (ended_ == kRound) {
            end_phase(admitting_, [this](double cpu) { settle(cpu); });
        }
    }
    void settle(double server_cpu) {
        server_before_ = server_cpu;
        worker_before_ = thread_cpu_us();
        for (const auto& caller : callers_) {
            caller->settle();
        }
        await_settled();
    }
    void await_settled() {
        if (store_.settlements_waiting() != 0) {
            return settled_.arm(std::chrono::milliseconds{1});
        }
        calls_ += kRound;
        end_phase(settling_, [this](double cpu) {
            if (--rounds_ > 0) {
                return admit(cpu);
            }
            loop_.stop();
        });
    }
    void end_phase(Cost& phase, std::function<void(double)> then) {
        phase.worker_us += thread_cpu_us() - worker_before_;
        server_.ask([this, &phase, then = std::move(then)](double cpu) {
            phase.server_us += cpu - server_before_;
            then(cpu);
        });
    }

    net::Loop& loop_;
    RedisQuotaStore& store_;
    ServerCpu& server_;
    UuidGenerator ids_;
    std::vector<ScopeLimits> limits_;
    std::vector<const ScopeLimits*> scopes_;
    std::vector<std::unique_ptr<Caller>> callers_;
    std::size_t in_flight_;
    std::size_t rounds_ = 0;
    std::size_t begun_ = 0;
    std::size_t ended_ = 0;
    std::size_t calls_ = 0;
    std::size_t admitted_ = 0;
    std::size_t drawn_ = 0;
    double server_before_ = 0;
    double worker_before_ = 0;
    Cost admitting_;
    Cost settling_;
    net::Timer settled_;
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
        fmt::print(
            stderr, "usage: pulse_bench_redis_store URL [REQUESTS] [IN FLIGHT] [limits] [ahead]\n");
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
    bool has_limits = false;
    settings.holds_ahead = false;
    for (int i = 4; i < argc; ++i) {
        has_limits = has_limits || std::string_view{argv[i]} == "limits";
        settings.holds_ahead = settings.holds_ahead || std::string_view{argv[i]} == "ahead";
    }
    RedisQuotaStore store{loop, system_clock(), settings, spent, nullptr};
    ServerCpu server{loop, settings.client};
    Load load{loop, store, server, three_scopes(has_limits), in_flight};
    load.run(std::max<std::size_t>(1, requests / 2'048));
    loop.run();
    fmt::print(
        "{} of {} admitted and settled, {} drawn\n", load.admitted(), load.calls(), load.drawn());
    fmt::print("CPU us per call   server   worker\n");
    fmt::print(
        "admit           {:8.2f} {:8.2f}\n",
        load.admission().server_us,
        load.admission().worker_us);
    fmt::print(
        "settle          {:8.2f} {:8.2f}\n",
        load.settlement().server_us,
        load.settlement().worker_us);
    return 0;
}
