#pragma once

#include "base/money.h"

#include <cstdint>

namespace pulse::storage {

/// What is known of a month that goes on.
struct MonthSoFar {
    Money full_days;  ///< spent on the days that are over
    Money today;      ///< spent today, so far
    Money last_month;
    std::int64_t day = 1;    ///< today's, counted from 1
    std::int64_t days = 30;  ///< of this month
    std::int64_t days_last_month = 30;
};

/// What the month will have cost at its end, by the run rate of its full days:
/// `full days + max(today, rate) + rate × days after today`. On the first day the rate is last
/// month's mean, or today's amount where that was nothing. Rounded once for each product, half-up.
[[nodiscard]] Money forecast_month(const MonthSoFar& month);

}  // namespace pulse::storage
