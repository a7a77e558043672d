// Asks one server on this machine for chat completions and prints what came of it as one line of
// JSON.

#include "bench/loadgen/load.h"
#include "bench/loadgen/request_text.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>

namespace {

/// The smallest latency that `per_10000` of the answers did not exceed, in tenths of a microsecond.
std::int64_t percentile(const std::vector<std::int64_t>& sorted_ns, std::size_t per_10000) {
    if (sorted_ns.empty()) {
        return 0;
    }
    const auto rank = (sorted_ns.size() * per_10000 + 9'999) / 10'000;
    return sorted_ns[std::clamp<std::size_t>(rank, 1, sorted_ns.size()) - 1];
}

void print(const pulse::bench::LoadResult& result) {
    const auto& latencies = result.latencies_ns;
    fmt::print(
        R"({{"answered":{},"wrong":{},"cut":{},"first_wrong_status":{},"events":{},"body_bytes":{},"elapsed_ns":{},)"
        R"("p50_ns":{},"p90_ns":{},"p99_ns":{},"p999_ns":{},"max_ns":{}}})"
        "\n",
        result.answered,
        result.wrong,
        result.cut,
        result.first_wrong_status,
        result.events,
        result.body_bytes,
        result.elapsed_ns,
        percentile(latencies, 5'000),
        percentile(latencies, 9'000),
        percentile(latencies, 9'900),
        percentile(latencies, 9'990),
        percentile(latencies, 10'000));
}

}  // namespace

int main(int argc, char** argv) {
    pulse::bench::LoadPlan plan;
    pulse::bench::RequestShape shape;
    CLI::App app{"Load generator for chat completions on 127.0.0.1"};
    app.add_option("--port", plan.port, "where the server listens")->required();
    app.add_option("--connections", plan.connections, "keep-alive connections");
    app.add_option("--requests", plan.requests, "how many in all");
    app.add_option(
        "--rate", plan.rate, "requests a second (open loop); 0: as fast as answers come");
    app.add_option("--timeout", plan.timeout_s, "seconds after which missing answers count as cut");
    app.add_option("--key", shape.key, "the caller's key");
    app.add_option("--model", shape.model, "model name");
    app.add_option("--body-bytes", shape.body_bytes, "size of the request's body");
    app.add_flag("--stream", shape.stream, "ask for a stream");
    app.add_option("--events", shape.events, "content events of a stream");
    app.add_option("--pause-ms", shape.pause_ms, "pause between them");
    CLI11_PARSE(app, argc, argv);

    // The first event (role), the finish event and the terminator come on top; a usage event is not
    // asked for.
    plan.expected_events = shape.stream ? shape.events + std::size_t{3} : 0;
    plan.request = pulse::bench::make_request(shape, plan.port);
    try {
        const auto result = pulse::bench::run_load(plan);
        print(result);
        return result.answered == plan.requests ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "loadgen: {}\n", error.what());
        return 2;
    }
}
