#include "storage/queries/calendar.h"

#include <fmt/format.h>

#include <algorithm>

namespace pulse::storage {
namespace {

using std::chrono::days;
using std::chrono::months;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::int64_t kHour = 3'600;
constexpr TimePoint kLatest{std::chrono::duration_cast<std::chrono::microseconds>(
    sys_days{std::chrono::year{9999} / 12 / 31}.time_since_epoch())};

[[nodiscard]] std::int64_t seconds_of(TimePoint at) {
    return std::chrono::floor<seconds>(at.time_since_epoch()).count();
}

[[nodiscard]] std::string day_label(sys_days date) {
    const year_month_day day{date};
    return fmt::format(
        "{:04}-{:02}-{:02}",
        static_cast<int>(day.year()),
        static_cast<unsigned>(day.month()),
        static_cast<unsigned>(day.day()));
}

[[nodiscard]] std::string hour_label(const TimeZone& zone, TimePoint begin) {
    const std::int64_t at = seconds_of(begin);
    const std::int32_t offset = zone.span_at(at).offset;
    const seconds local{at + offset};
    const auto date = std::chrono::floor<days>(local);
    const std::int64_t of_day = (local - date).count();
    const std::int32_t east = offset < 0 ? -offset : offset;
    return fmt::format(
        "{}T{:02}:{:02}:{:02}{}{:02}:{:02}",
        day_label(sys_days{date}),
        of_day / kHour,
        of_day % kHour / 60,
        of_day % 60,
        offset < 0 ? '-' : '+',
        east / kHour,
        east % kHour / 60);
}

[[nodiscard]] TimePoint next_hour(const TimeZone& zone, TimePoint at) {
    const std::int64_t now = seconds_of(at);
    const TimeZone::Span span = zone.span_at(now);
    const std::int64_t local = now + span.offset;
    const std::int64_t into_hour = ((local % kHour) + kHour) % kHour;
    // Cut at a change of the clocks, which need not be by whole hours.
    return TimePoint{seconds{std::min(now - into_hour + kHour, span.end)}};
}

[[nodiscard]] Bucket bucket_at(const TimeZone& zone, Granularity granularity, TimePoint at) {
    if (granularity == Granularity::hour) {
        return {hour_label(zone, at), {at, next_hour(zone, at)}};
    }
    const sys_days date = local_date(zone, at);
    if (granularity == Granularity::day) {
        return {day_label(date), {at, start_of(zone, date + days{1})}};
    }
    const sys_days first = first_of_month(date);
    return {day_label(first).substr(0, 7), {at, start_of(zone, first_of_month(first + days{31}))}};
}

}  // namespace

sys_days local_date(const TimeZone& zone, TimePoint at) {
    const std::int64_t now = seconds_of(at);
    sys_days date{std::chrono::floor<days>(seconds{now + zone.span_at(now).offset})};
    while (start_of(zone, date + days{1}) <= at) {
        date += days{1};
    }
    return date;
}

TimePoint start_of(const TimeZone& zone, sys_days date) {
    return TimePoint{seconds{zone.first_instant(seconds{date.time_since_epoch()}.count())}};
}

sys_days first_of_month(sys_days date) {
    const year_month_day day{date};
    return sys_days{day.year() / day.month() / 1};
}

Result<std::vector<Bucket>> buckets_of(
    const TimeZone& zone, Granularity granularity, const Stretch& stretch) {
    if (stretch.begin < TimePoint{} || stretch.end > kLatest) {
        return Error{Errc::invalid_request, "from and to: must lie between 1970 and 9999"};
    }
    std::vector<Bucket> buckets;
    if (stretch.begin >= stretch.end) {
        return buckets;
    }
    if (granularity == Granularity::total) {
        buckets.push_back({{}, stretch});
        return buckets;
    }
    for (TimePoint at = stretch.begin; at < stretch.end;) {
        if (buckets.size() == kBucketsMax) {
            return Error{
                Errc::invalid_request,
                fmt::format(
                    "from and to: more than {} rows of time; ask for a shorter time or a coarser "
                    "granularity",
                    kBucketsMax)};
        }
        Bucket bucket = bucket_at(zone, granularity, at);
        bucket.time.end = std::min(bucket.time.end, stretch.end);
        at = bucket.time.end;
        buckets.push_back(std::move(bucket));
    }
    return buckets;
}

}  // namespace pulse::storage
