#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/time_zone.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// Days and months of an organisation's time zone. Pure.
namespace pulse::storage {

/// [begin, end).
struct Stretch {
    TimePoint begin;
    TimePoint end;
    friend bool operator==(const Stretch&, const Stretch&) = default;
};

/// How fine a result is cut in time; `total`: not at all.
enum class Granularity : std::uint8_t { total, hour, day, month };

/// One row of time. `label`: "2026-03" (month), "2026-03-29" (day), "2026-03-29T01:00:00+01:00"
/// (hour: its begin by the zone's clocks), "" (total).
struct Bucket {
    std::string label;
    Stretch time;
};

/// The date in `zone` at an instant. Clocks that are put back over midnight show a date twice: the
/// new one counts from its first midnight on.
[[nodiscard]] std::chrono::sys_days local_date(const TimeZone& zone, TimePoint at);
/// When a date begins in `zone`: midnight, or the jump where clocks have none.
[[nodiscard]] TimePoint start_of(const TimeZone& zone, std::chrono::sys_days date);
[[nodiscard]] std::chrono::sys_days first_of_month(std::chrono::sys_days date);

inline constexpr std::size_t kBucketsMax = 5'000;

/// The buckets that the stretch touches, in order, the first and the last one cut to it; none where
/// it is empty. Errors: invalid_request for more than kBucketsMax, or times outside 1970 to 9999.
[[nodiscard]] Result<std::vector<Bucket>> buckets_of(
    const TimeZone& zone, Granularity granularity, const Stretch& stretch);

}  // namespace pulse::storage
