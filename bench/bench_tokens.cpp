#include "pricing/tokens/encoding.h"

#include <benchmark/benchmark.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

// Counting tokens, single-threaded: of the files named on the command line, else of texts that are
// worst for tokenizers. bench/tokens.sh puts the same files through other tokenizers.
// Usage: pulse_bench_tokens [--benchmark_…] [FILE...]
namespace {

using namespace pulse::pricing;

void count(benchmark::State& state, EncodingName name, const std::string& text) {
    std::size_t tokens = 0;
    for (auto _ : state) {
        tokens = encoding(name).count(text);
        benchmark::DoNotOptimize(tokens);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
    state.counters["tokens"] = static_cast<double>(tokens);
}

std::string repeated(std::string_view part, std::size_t size) {
    std::string text;
    while (text.size() < size) {
        text += part;
    }
    return text;
}

std::string letters(std::size_t size) {
    std::string text;
    std::uint32_t state = 1;
    while (text.size() < size) {
        state = state * 1'664'525 + 1'013'904'223;
        text += static_cast<char>('a' + (state >> 16) % 26);
    }
    return text;
}

void add(EncodingName name, const std::string& title, std::string text) {
    benchmark::RegisterBenchmark(
        (std::string{to_string(name)} + " " + title).c_str(),
        [name, text = std::move(text)](benchmark::State& state) { count(state, name, text); })
        ->Unit(benchmark::kMicrosecond);
}

/// A tenth and the whole of a megabyte: the rates should be the same.
void add_worst_cases(EncodingName name) {
    for (const std::size_t size : {100'000U, 1'000'000U}) {
        const auto title = [size](const char* what) {
            return what + (" x" + std::to_string(size / 1000)) + "k";
        };
        add(name, title("a"), repeated("a", size));
        add(name, title("space"), repeated(" ", size));
        add(name, title("dash"), repeated("-", size));
        add(name, title("dashes_and_bar"), repeated(repeated("-", 199) + "|", size));
        add(name, title("!?"), repeated("!?", size));
        add(name, title("letters"), letters(size));
        add(name, title("family"), repeated("\U0001F468\u200d\U0001F469\u200d\U0001F467", size));
    }
}

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    for (int i = 1; i < argc; ++i) {
        std::ifstream file{argv[i], std::ios::binary};
        add(EncodingName::o200k_base,
            argv[i],
            {std::istreambuf_iterator<char>{file}, std::istreambuf_iterator<char>{}});
    }
    if (argc < 2) {
        add_worst_cases(EncodingName::o200k_base);
        add_worst_cases(EncodingName::cl100k_base);
        add_worst_cases(EncodingName::p50k_base);
    }
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
