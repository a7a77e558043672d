#include "gateway/providers/credentials/renewal_schedule.h"

#include <algorithm>
#include <chrono>

namespace pulse::gateway {

namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

constexpr microseconds kShortest = seconds{10};
constexpr microseconds kWithoutEnd = seconds{60};
constexpr microseconds kFirstPause = seconds{1};
constexpr microseconds kLongestPause = seconds{60};

}  // namespace

TimePoint next_after_success(
    TimePoint now, std::optional<TimePoint> expires_at, std::uint32_t dice) {
    if (!expires_at) {
        return now + kWithoutEnd;
    }
    const microseconds left = *expires_at - now;
    return now + std::max(kShortest, left / 1000 * (900 - dice % 51));
}

TimePoint next_after_failure(TimePoint now, int failures, std::uint32_t dice) {
    microseconds pause = kFirstPause;
    for (int i = 1; i < failures && pause < kLongestPause; ++i) {
        pause *= 2;
    }
    return now + std::min(pause, kLongestPause) / 1000 * (750 + dice % 501);
}

TimePoint next_after_refusal(TimePoint renewed_at) {
    return renewed_at + kShortest;
}

}  // namespace pulse::gateway
