#include "bench/ledger/bare.h"
#include "bench/ledger/batches.h"
#include "storage/database.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>

/// How many requests a second the ledger's writer takes, with all indexes, attempts, events and
/// rollups, against the bare insertion of the same rows into three tables without checks and
/// indexes, in the same database and run: COPY into PostgreSQL, one prepared INSERT a row into
/// SQLite.
///   pulse_bench_ledger_throughput URL [REQUESTS [BATCH [ROUNDS]]]
/// URL: an empty database; what is made in it stays.
namespace {

using namespace pulse;
using Clock = std::chrono::steady_clock;

[[nodiscard]] double seconds_since(Clock::time_point begun) {
    return std::chrono::duration<double>(Clock::now() - begun).count();
}

template <class Value>
void must(const Result<Value>& result) {
    if (!result) {
        fmt::print(stderr, "{}\n", result.error().detail());
        std::exit(1);
    }
}

[[nodiscard]] std::size_t number_or(const char* text, std::size_t otherwise) {
    return text == nullptr ? otherwise : std::max<std::size_t>(std::strtoull(text, nullptr, 10), 1);
}

/// Requests a second.
[[nodiscard]] double measure_writer(
    storage::Database& database, bench::Batches& batches, std::size_t rounds) {
    double seconds = 0;
    for (std::size_t round = 0; round < rounds; ++round) {
        const auto records = batches.next();
        const Clock::time_point begun = Clock::now();
        const auto written = database.write(records, {{"bench.segment", round}});
        must(written);
        if (!written->rejects.empty()) {
            fmt::print(stderr, "{}\n", written->rejects.front().reason);
            std::exit(1);
        }
        must(database.make_durable());
        seconds += seconds_since(begun);
    }
    return static_cast<double>(rounds * batches.size()) / seconds;
}

[[nodiscard]] double measure_bare(
    bench::BareTable& bare, bench::Batches& batches, std::size_t rounds) {
    double seconds = 0;
    for (std::size_t round = 0; round < rounds; ++round) {
        bare.prepare(batches.next());
        const Clock::time_point begun = Clock::now();
        must(bare.insert());
        seconds += seconds_since(begun);
    }
    return static_cast<double>(rounds * batches.size()) / seconds;
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) {
        fmt::print(stderr, "usage: {} URL [REQUESTS [BATCH [ROUNDS]]]\n", arguments[0]);
        return 2;
    }
    const std::string url = arguments[1];
    const std::size_t requests = number_or(count > 2 ? arguments[2] : nullptr, 20'000);
    const std::size_t batch = number_or(count > 3 ? arguments[3] : nullptr, 1'000);
    const std::size_t rounds = number_or(count > 4 ? arguments[4] : nullptr, 3);

    auto database = storage::open_database(url);
    must(database);
    must((*database)->migrate_up());
    must((*database)->maintain(system_clock().now()));
    const auto bare = bench::open_bare_table(url);
    must(bare);
    bench::Batches batches{batch};

    // The first of each goes for warming up; then in turns, so that a busy machine is fair to both.
    const std::size_t writes = std::max<std::size_t>(requests / batch, 1);
    static_cast<void>(measure_writer(**database, batches, 1));
    static_cast<void>(measure_bare(**bare, batches, 1));
    for (std::size_t round = 0; round < rounds; ++round) {
        const double bare_rate = measure_bare(**bare, batches, writes);
        const double rate = measure_writer(**database, batches, writes);
        fmt::print(
            "{} requests in batches of {}: writer {:.0f}/s, bare {:.0f}/s, ratio {:.2f}\n",
            writes * batch,
            batch,
            rate,
            bare_rate,
            rate / bare_rate);
    }
    return 0;
}
