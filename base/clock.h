#pragma once

#include <chrono>

namespace pulse {

/// Wall-clock time, UTC, microseconds.
using TimePoint = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;
/// Time for waits and latencies: never jumps.
using SteadyTime = std::chrono::steady_clock::time_point;

/// The two clocks, so that a test can hold them. Thread-safe.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;
    [[nodiscard]] virtual TimePoint now() const = 0;
    [[nodiscard]] virtual SteadyTime steady_now() const = 0;
};

/// The machine's own clocks.
[[nodiscard]] const Clock& system_clock();

}  // namespace pulse
