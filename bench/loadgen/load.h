#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pulse::bench {

struct LoadPlan {
    std::uint16_t port = 0;
    std::size_t connections = 32;
    std::size_t requests = 10'000;
    /// Requests a second, sent when they are due whatever the answers do; 0: each connection asks
    /// when it was answered.
    std::uint64_t rate = 0;
    std::size_t timeout_s = 120;
    std::string request;
    /// What a right answer has; 0: not checked.
    std::size_t expected_events = 0;
};

struct LoadResult {
    std::size_t answered = 0;
    std::size_t wrong = 0;  ///< status, events or terminator not as expected, or framing broken
    std::size_t cut = 0;    ///< connection lost before the answer was whole
    std::size_t events = 0;
    std::size_t body_bytes = 0;
    int first_wrong_status = 0;
    std::int64_t elapsed_ns = 0;
    /// From when a request was due, so that a stall delays the requests behind it in the figures
    /// too; sorted.
    std::vector<std::int64_t> latencies_ns;
};

/// Runs the plan to its end against 127.0.0.1 on the calling thread. Throws std::system_error when
/// it cannot connect.
[[nodiscard]] LoadResult run_load(const LoadPlan& plan);

}  // namespace pulse::bench
