#include "policy/limits/sliding_rate.h"

#include <algorithm>

namespace pulse::policy {
namespace {

constexpr auto kCount = static_cast<std::int64_t>(SlidingRate::kBuckets);
constexpr std::int64_t kRoundsMax = 1'000'000;  // two years: far enough for a hopeless debt

}  // namespace

std::int64_t SlidingRate::bucket_at(TimePoint now) {
    const auto since = now.time_since_epoch();
    return since / kBucket - (since % kBucket < since.zero() ? 1 : 0);
}

std::size_t SlidingRate::slot(std::size_t age) const {
    return position_ >= age ? position_ - age : position_ + kBuckets - age;
}

void SlidingRate::pay() {
    const std::int64_t paid = std::min(debt_, std::max<std::int64_t>(0, limit_ - counted_));
    buckets_[position_] += paid;
    counted_ += paid;
    debt_ -= paid;
}

void SlidingRate::step() {
    ++newest_;
    position_ = position_ + 1 == kBuckets ? 0 : position_ + 1;
    counted_ -= buckets_[position_];
    buckets_[position_] = 0;
    pay();
}

void SlidingRate::advance(TimePoint now) {
    const std::int64_t bucket = bucket_at(now);
    if (bucket <= newest_ - kCount) {
        newest_ = bucket;
        return;
    }
    while (newest_ < bucket) {
        if (counted_ == 0 && (debt_ == 0 || limit_ <= 0)) {
            newest_ = bucket;
        } else if (bucket - newest_ >= kCount && counted_ == limit_ && debt_ >= limit_) {
            // A full minute of paying: each bucket ends and is filled again with the same amount.
            const std::int64_t rounds = std::min((bucket - newest_) / kCount, debt_ / limit_);
            newest_ += rounds * kCount;
            debt_ -= rounds * limit_;
        } else {
            step();
        }
    }
    pay();
}

std::int64_t SlidingRate::add(std::int64_t amount) {
    buckets_[position_] += amount;
    counted_ += amount;
    return newest_;
}

void SlidingRate::give_back(std::int64_t bucket, std::int64_t amount) {
    const std::int64_t age = newest_ - bucket;
    if (age < 0 || age >= kCount) {
        return;
    }
    std::int64_t& in_bucket = buckets_[slot(static_cast<std::size_t>(age))];
    // Never below zero: the clock may have moved the bucket's number.
    const std::int64_t back = std::min(amount, in_bucket);
    in_bucket -= back;
    counted_ -= back;
    pay();
}

void SlidingRate::owe(std::int64_t amount) {
    debt_ += amount;
    pay();
}

std::int64_t SlidingRate::remaining() const {
    return std::max<std::int64_t>(0, limit_ - used());
}

std::chrono::milliseconds SlidingRate::wait_for_end(std::size_t age, TimePoint now) const {
    const TimePoint end{(newest_ - static_cast<std::int64_t>(age) + kCount) * kBucket};
    return std::chrono::ceil<std::chrono::milliseconds>(end - now);
}

std::optional<std::chrono::milliseconds> SlidingRate::wait_for(
    std::int64_t amount, TimePoint now) const {
    if (amount > limit_ || limit_ <= 0) {
        return std::nullopt;
    }
    std::int64_t missing = used() + amount - limit_;
    if (missing <= 0) {
        return std::chrono::milliseconds{0};
    }
    // With a debt every bucket that ends is filled again, round after round, until it is paid.
    const std::int64_t rounds =
        std::min((missing - 1) / std::max<std::int64_t>(1, counted_), kRoundsMax);
    missing -= rounds * counted_;
    std::size_t age = kBuckets - 1;
    for (; age > 0; --age) {
        missing -= buckets_[slot(age)];
        if (missing <= 0) {
            break;
        }
    }
    return wait_for_end(age, now) +
           std::chrono::duration_cast<std::chrono::milliseconds>(rounds * kCount * kBucket);
}

std::chrono::milliseconds SlidingRate::wait_until_clear(TimePoint now) const {
    for (std::size_t age = 0; age < kBuckets; ++age) {
        if (buckets_[slot(age)] != 0) {
            return wait_for_end(age, now);
        }
    }
    return std::chrono::milliseconds{0};
}

}  // namespace pulse::policy
