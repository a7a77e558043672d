#include "gateway/exchange/failed_keys.h"

#include <algorithm>
#include <random>

namespace pulse::gateway {

namespace {

[[nodiscard]] std::array<std::uint8_t, 9> prefix_of(const policy::IpAddress& address) {
    std::array<std::uint8_t, 9> prefix{};
    prefix[0] = address.is_v4 ? 4 : 6;
    // A provider of access gives each customer a /64 at least.
    std::copy_n(address.bytes.begin(), address.is_v4 ? 4 : 8, prefix.begin() + 1);
    return prefix;
}

/// FNV-1a over a secret start.
[[nodiscard]] std::uint64_t hash_of(const std::array<std::uint8_t, 9>& prefix, std::uint64_t seed) {
    std::uint64_t hash = seed ^ 0xcbf29ce484222325U;
    for (const std::uint8_t byte : prefix) {
        hash = (hash ^ byte) * 0x100000001b3U;
    }
    return hash ^ (hash >> 32U);
}

[[nodiscard]] std::uint64_t random_seed() {
    std::random_device source;
    return (std::uint64_t{source()} << 32U) | source();
}

}  // namespace

FailedKeys::FailedKeys(const Limits& limits) : limits_(limits), seed_(random_seed()) {}

/// The address's own, a free one, or that of its row which is forgiven first.
FailedKeys::Bucket& FailedKeys::bucket_of(
    const std::array<std::uint8_t, 9>& prefix, SteadyTime now) {
    if (buckets_.empty()) {
        buckets_.resize(kRows * kWays);
    }
    const auto row = static_cast<std::ptrdiff_t>(hash_of(prefix, seed_) % kRows * kWays);
    const auto begin = buckets_.begin() + row;
    const auto end = begin + static_cast<std::ptrdiff_t>(kWays);
    const auto own = std::find_if(begin, end, [&](const Bucket& bucket) {
        return bucket.is_used && bucket.prefix == prefix;
    });
    if (own != end) {
        return *own;
    }
    Bucket& taken = *std::min_element(begin, end, [](const Bucket& a, const Bucket& b) {
        return a.is_used != b.is_used ? !a.is_used : a.empty_at < b.empty_at;
    });
    taken = {.prefix = prefix, .is_used = true, .empty_at = now};
    return taken;
}

std::optional<std::chrono::milliseconds> FailedKeys::note(
    const policy::IpAddress& address, SteadyTime now) {
    Bucket& bucket = bucket_of(prefix_of(address), now);
    const SteadyTime empty_at = std::max(bucket.empty_at, now) + limits_.refill;
    const auto over = empty_at - now - limits_.burst * limits_.refill;
    if (over > SteadyTime::duration::zero()) {
        // What is refused for it does not count against it: a pause of `over` is enough.
        return std::chrono::ceil<std::chrono::milliseconds>(over);
    }
    bucket.empty_at = empty_at;
    return std::nullopt;
}

}  // namespace pulse::gateway
