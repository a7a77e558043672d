#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace pulse::net::redis::detail {

/// Waits between attempts: 100 ms, doubled up to a second, each shortened by up to a quarter at
/// random so that gateways do not come back in step. Value; not thread-safe.
class Backoff {
public:
    static constexpr std::chrono::milliseconds kFirst{100};
    static constexpr std::chrono::milliseconds kLast{1'000};

    [[nodiscard]] std::chrono::milliseconds next(std::minstd_rand& random) {
        const auto wait = wait_;
        wait_ = std::min(2 * wait_, kLast);
        std::uniform_int_distribution<std::chrono::milliseconds::rep> part{
            wait.count() - wait.count() / 4, wait.count()};
        return std::chrono::milliseconds{part(random)};
    }
    void reset() { wait_ = kFirst; }

private:
    std::chrono::milliseconds wait_ = kFirst;
};

}  // namespace pulse::net::redis::detail
