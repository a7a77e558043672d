// A fake OpenAI on 127.0.0.1 that answers from memory: what stands behind every proxy in
// bench/run.sh.

#include "bench/upstream/server.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <exception>

int main(int argc, char** argv) {
    std::uint16_t port = 0;
    CLI::App app{"Fake provider of chat completions on 127.0.0.1"};
    app.add_option("--port", port, "where to listen; 0 picks a free port and prints it");
    CLI11_PARSE(app, argc, argv);
    try {
        pulse::bench::run_provider(port);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "upstream: {}\n", error.what());
        return 1;
    }
}
