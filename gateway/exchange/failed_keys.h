#pragma once

#include "base/clock.h"
#include "policy/access/cidr.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace pulse::gateway {

/// Makes guessing of keys cost the guesser: each address may fail so often at once and so often a
/// second (a token bucket), an IPv6 host by its /64. Who has a good key is never asked here. The
/// table is bounded: where it is full, the address of its row that has failed least is forgotten.
/// Lives on one worker.
class FailedKeys {
public:
    struct Limits {
        std::int64_t burst = 60;
        std::chrono::milliseconds refill{500};  ///< for one more failure
    };
    FailedKeys() : FailedKeys(Limits{}) {}
    explicit FailedKeys(const Limits& limits);

    /// Notes a failure; how long to wait where it is one too many.
    [[nodiscard]] std::optional<std::chrono::milliseconds> note(
        const policy::IpAddress& address, SteadyTime now);

private:
    struct Bucket {
        std::array<std::uint8_t, 9> prefix{};  ///< the family, then the IPv4 address or the /64
        bool is_used = false;
        SteadyTime empty_at;  ///< when all that has failed is forgiven
    };
    static constexpr std::size_t kRows = 1024;
    static constexpr std::size_t kWays = 4;

    [[nodiscard]] Bucket& bucket_of(const std::array<std::uint8_t, 9>& prefix, SteadyTime now);

    Limits limits_;
    std::uint64_t seed_;           ///< nobody can choose who shares a row with whom
    std::vector<Bucket> buckets_;  ///< made with the first failure
};

}  // namespace pulse::gateway
