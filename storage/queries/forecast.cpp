#include "storage/queries/forecast.h"

#include "storage/queries/change.h"

#include <algorithm>

namespace pulse::storage {
namespace {

/// An amount that so many days cost.
struct Rate {
    Money amount;
    std::int64_t days;
};

[[nodiscard]] Rate rate_of(const MonthSoFar& month) {
    if (month.day > 1) {
        return {month.full_days, month.day - 1};
    }
    return month.last_month.is_zero() ? Rate{month.today, 1}
                                      : Rate{month.last_month, month.days_last_month};
}

}  // namespace

Money forecast_month(const MonthSoFar& month) {
    const Rate rate = rate_of(month);
    const Money today = std::max(month.today, scale(rate.amount, 1, rate.days));
    return month.full_days + today + scale(rate.amount, month.days - month.day, rate.days);
}

}  // namespace pulse::storage
