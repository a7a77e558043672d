// Prices: reading a catalogue, finding a name, costing a call. The upstream files are the fixtures'
// (PULSE_FIXTURES_DIR, else ../shared/fixtures); without them their benchmarks are skipped.
#include "pricing/catalog/catalog.h"
#include "pricing/catalog/import/import.h"
#include "pricing/catalog/writer.h"
#include "pricing/cost/cost.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace pulse;
using namespace pulse::pricing;

const TimePoint kNow{std::chrono::sys_days{std::chrono::year{2026} / 8 / 1}};

std::string fixture(const char* name) {
    const char* folder = std::getenv("PULSE_FIXTURES_DIR");
    std::ifstream in{
        std::string{folder == nullptr ? "../shared/fixtures" : folder} + "/pricing/" + name};
    std::ostringstream text;
    text << in.rdbuf();
    return in ? std::move(text).str() : std::string{};
}

void import(benchmark::State& state, CatalogFormat format, const char* file) {
    const auto text = fixture(file);
    if (text.empty()) {
        state.SkipWithError("no fixtures");
        return;
    }
    for (auto _ : state) {
        benchmark::DoNotOptimize(import_catalog(format, text));
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}

void read_genai(benchmark::State& state) {
    import(state, CatalogFormat::genai, "genai-prices-0.1.8.json");
}
void read_litellm(benchmark::State& state) {
    import(state, CatalogFormat::litellm, "litellm-2026-08-01.json");
}
void read_builtin(benchmark::State& state) {
    const auto text = write_catalog(*Catalog::builtin());
    for (auto _ : state) {
        benchmark::DoNotOptimize(Catalog::parse(text));
    }
    state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
}

void find(benchmark::State& state, const char* provider, const char* model) {
    const auto catalog = Catalog::builtin();
    const std::string provider_name{provider};
    const std::string name{model};
    for (auto _ : state) {
        benchmark::DoNotOptimize(catalog->find(provider_name, name));
    }
}

void cost(benchmark::State& state, const char* provider, const char* model, ServiceTier tier) {
    const auto catalog = Catalog::builtin();
    const Call call{
        .found = catalog->find(provider, model),
        .usage =
            {.input_uncached = 12'000,
             .cached_read = 30'000,
             .output_total = 900,
             .of_which_reasoning = 400},
        .tier = tier,
        .at = kNow};
    for (auto _ : state) {
        benchmark::DoNotOptimize(total_cost_of(call));
    }
}

/// A key with a price of its own among ten thousand others that have one.
void cost_agreed(benchmark::State& state) {
    const auto catalog = Catalog::builtin();
    std::vector<PriceOverride> entries;
    for (int i = 0; i < 10'000; ++i) {
        entries.push_back({.key = "key-" + std::to_string(i), .factor = {85, 100}});
    }
    const OverrideSet overrides{std::move(entries)};
    const Call call{
        .found = catalog->find("openai", "gpt-4o"),
        .usage = {.input_uncached = 12'000, .cached_read = 30'000, .output_total = 900},
        .at = kNow,
        .overrides = &overrides,
        .subject = {
            .org = "default",
            .team = "search",
            .key = "key-4711",
            .provider = "openai",
            .model = "gpt-4o"}};
    for (auto _ : state) {
        benchmark::DoNotOptimize(total_cost_of(call));
    }
}

BENCHMARK(read_genai)->Unit(benchmark::kMillisecond);
BENCHMARK(read_litellm)->Unit(benchmark::kMillisecond);
BENCHMARK(read_builtin)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(find, known, "openai", "gpt-4o");
BENCHMARK_CAPTURE(find, known_long, "anthropic", "claude-sonnet-4-5-20250929");
BENCHMARK_CAPTURE(find, release, "openai", "gpt-4o-2031-01-01");
BENCHMARK_CAPTURE(
    find,
    bedrock_arn,
    "bedrock",
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/"
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0");
BENCHMARK_CAPTURE(find, unknown, "openai", "gpt-99-ultra");
BENCHMARK_CAPTURE(cost, plain, "openai", "gpt-4o", ServiceTier::standard);
BENCHMARK_CAPTURE(cost, most_rows, "openai", "gpt-5.6", ServiceTier::priority);
BENCHMARK_CAPTURE(cost, unknown, "openai", "gpt-99-ultra", ServiceTier::standard);
BENCHMARK(cost_agreed);

}  // namespace
