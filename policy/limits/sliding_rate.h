#pragma once

#include "base/clock.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace pulse::policy {

/// How much of something (requests, tokens) went in the last minute, against a limit. Strict: what
/// is added while it fits is at most the limit in *any* 60 seconds. It counts in buckets of 3 s and
/// looks at the 21 that a minute can touch, so 95 % of the limit is usable at least.
///
/// What turns out larger than it was admitted for is owed: a debt is paid from the following
/// minutes, as much as the limit allows in each, and never forgiven. A clock that goes back more
/// than a minute keeps what was counted for a minute more. Value; not thread-safe.
class SlidingRate {
public:
    static constexpr std::chrono::microseconds kBucket{3'000'000};
    static constexpr std::size_t kBuckets = 21;

    explicit SlidingRate(std::int64_t limit) : limit_(limit) {}
    void set_limit(std::int64_t limit) { limit_ = limit; }

    /// Forgets what is older than a minute and pays debts. Comes before everything below.
    void advance(TimePoint now);

    [[nodiscard]] bool fits(std::int64_t amount) const { return used() + amount <= limit_; }
    /// Counts now; the bucket is for give_back().
    std::int64_t add(std::int64_t amount);
    /// What was added too much, while its bucket still counts; debts are paid from it.
    void give_back(std::int64_t bucket, std::int64_t amount);
    /// What was used above what was added.
    void owe(std::int64_t amount);

    [[nodiscard]] std::int64_t limit() const { return limit_; }
    /// Counted and owed.
    [[nodiscard]] std::int64_t used() const { return counted_ + debt_; }
    [[nodiscard]] std::int64_t remaining() const;
    /// How long until `amount` fits if nothing else comes; none when it never will.
    [[nodiscard]] std::optional<std::chrono::milliseconds> wait_for(
        std::int64_t amount, TimePoint now) const;
    /// How long until nothing counts any more, debts not regarded.
    [[nodiscard]] std::chrono::milliseconds wait_until_clear(TimePoint now) const;

private:
    [[nodiscard]] static std::int64_t bucket_at(TimePoint now);
    [[nodiscard]] std::size_t slot(std::size_t age) const;
    [[nodiscard]] std::chrono::milliseconds wait_for_end(std::size_t age, TimePoint now) const;
    void step();
    void pay();

    std::int64_t limit_ = 0;
    std::int64_t counted_ = 0;  ///< the sum of the buckets
    std::int64_t debt_ = 0;     ///< owed and not yet in a bucket
    std::int64_t newest_ = 0;   ///< number of the newest bucket since the epoch
    std::size_t position_ = 0;  ///< its place in the ring
    std::array<std::int64_t, kBuckets> buckets_{};
};

}  // namespace pulse::policy
