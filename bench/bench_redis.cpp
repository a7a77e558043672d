#include "base/clock.h"
#include "net/loop.h"
#include "net/redis/client.h"

#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// What the Redis client costs the worker's thread for each call, at 1, 16 and 64 in flight: a
/// script with the keys and arguments of an admission over three scopes.
///   pulse_bench_redis URL [CALLS]
/// The server is somebody else's process; its time is not counted.
namespace {

using namespace pulse;
using namespace pulse::net;

[[nodiscard]] double thread_cpu_us() {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    const auto us = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
    };
    return us(usage.ru_utime) + us(usage.ru_stime);
}

class Load {
public:
    Load(Loop& loop, redis::Client& client, std::size_t in_flight, std::size_t calls)
        : loop_(loop), client_(client), left_(calls), waiting_(in_flight) {
        for (std::size_t i = 0; i < in_flight; ++i) {
            callers_.push_back(std::make_unique<Caller>(*this));
            callers_.back()->call();
        }
    }
    [[nodiscard]] std::uint64_t failures() const { return failures_; }

private:
    class Caller final : public redis::ReplyHandler {
    public:
        explicit Caller(Load& load) : load_(load) {}
        void call() {
            static const redis::Script kScript{"return {1, 1000, 900, '12345678901', 0}"};
            static constexpr std::array<std::string_view, 4> kKeys{
                "p:{org_default}:key:key_0199f0b2d4d07c3e",
                "p:{org_default}:project:bench",
                "p:{org_default}:team:bench",
                "p:{org_default}:holds"};
            static constexpr std::array<std::string_view, 8> kArgs{
                "0199f0b2-d4d0-7c3e-8f00-000000000001",
                "9866",
                "250000",
                "268",
                "1",
                "30000",
                "20789",
                "1732233600"};
            client().eval(kScript, kKeys, kArgs, *this);
        }
        void on_reply(const redis::Reply& reply) override { load_.on_end(*this, reply.is_error()); }
        void on_failure(const redis::Failure& /*failure*/) override { load_.on_end(*this, true); }

    private:
        [[nodiscard]] redis::Client& client() { return load_.client_; }
        Load& load_;
    };

    void on_end(Caller& caller, bool has_failed) {
        failures_ += has_failed ? 1 : 0;
        if (left_ > 0) {
            --left_;
            caller.call();
        } else if (--waiting_ == 0) {
            loop_.stop();
        }
    }

    Loop& loop_;
    redis::Client& client_;
    std::size_t left_;
    std::size_t waiting_;
    std::uint64_t failures_ = 0;
    std::vector<std::unique_ptr<Caller>> callers_;
};

void measure(const redis::ClientSettings& settings, std::size_t in_flight, std::size_t calls) {
    Loop loop;
    redis::Client client{loop, system_clock(), settings, nullptr};
    const auto start = std::chrono::steady_clock::now();
    const double cpu = thread_cpu_us();
    const Load load{loop, client, in_flight, calls};
    loop.run();
    const double spent = thread_cpu_us() - cpu;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    const redis::ClientMetrics metrics = client.metrics();
    const auto made = static_cast<double>(metrics.calls);
    fmt::print(
        "{:>4} in flight: {:.2f} us of CPU a call, {:.0f} calls/s, {:.1f} calls a write, {} "
        "failed\n",
        in_flight,
        spent / made,
        made / took.count(),
        made / static_cast<double>(metrics.writes),
        load.failures());
}

}  // namespace

int main(int count, char** arguments) {
    const auto address =
        redis::parse_redis_url(count > 1 ? arguments[1] : "redis://127.0.0.1:6379");
    if (!address) {
        fmt::print(stderr, "{}\n", address.error().detail());
        return 1;
    }
    std::size_t calls = 200'000;
    if (count > 2) {
        const std::string_view text = arguments[2];
        std::from_chars(text.data(), text.data() + text.size(), calls);
    }
    redis::ClientSettings settings;
    settings.address = *address;
    const auto tls = redis::open_redis_tls(*address);
    if (!tls) {
        fmt::print(stderr, "{}\n", tls.error().detail());
        return 1;
    }
    settings.tls = *tls;
    settings.deadline = std::chrono::seconds{2};
    for (const std::size_t in_flight : {1U, 16U, 64U}) {
        measure(settings, in_flight, calls);
    }
    return 0;
}
