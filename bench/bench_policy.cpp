// What an admission and its settlement cost in the embedded store.
#include "policy/embedded/embedded_store.h"

#include <benchmark/benchmark.h>

#include <array>
#include <cstring>
#include <vector>

namespace {

using namespace pulse;
using namespace pulse::policy;

class Ignored final : public VerdictHandler {
public:
    void on_verdict(const Verdict& verdict) override { benchmark::DoNotOptimize(verdict.admitted); }
};

[[nodiscard]] Uuid make_id(std::uint64_t number) {
    Uuid id;
    std::memcpy(id.bytes.data() + 8, &number, sizeof number);
    return id;
}

/// The first `range` of a key, a team and an organisation, each with a budget, the key with rates.
void admit_and_settle(benchmark::State& state) {
    const std::array<std::pair<Scope, const char*>, 3> names{
        {{Scope::key, "key_0199f0b2d4d07c3e"}, {Scope::team, "search"}, {Scope::organisation, ""}}};
    std::vector<ScopeLimits> limits(static_cast<std::size_t>(state.range(0)));
    std::vector<const ScopeLimits*> scopes;
    for (std::size_t i = 0; i < limits.size(); ++i) {
        limits[i].scope = names[i].first;
        limits[i].org = "default";
        limits[i].id = names[i].second;
        limits[i].budgets = {Budget{
            limits[i].scope, Period::month, Money::from_pico(Int128{1} << 80), "USD", false}};
        scopes.push_back(&limits[i]);
    }
    limits[0].requests_per_minute = 1'000'000'000;
    limits[0].tokens_per_minute = 1'000'000'000'000;
    EmbeddedQuotaStore store;
    Ignored handler;
    Ask ask;
    ask.scopes = scopes;
    ask.ceiling = Money::from_pico(2'000'000'000);
    ask.tokens = 1'000;
    ask.now = TimePoint{std::chrono::seconds{1'767'225'600}};
    std::uint64_t id = 1;
    for (auto _ : state) {
        ask.id = make_id(id++);
        ask.now += std::chrono::microseconds{10};
        store.admit(ask, handler);
        store.settle({ask.id, Money::from_pico(1'000'000'000), 900, ask.now});
    }
}
BENCHMARK(admit_and_settle)->Arg(1)->Arg(3)->Name("embedded_admit_and_settle/scopes");

}  // namespace
