#pragma once

#include "base/clock.h"
#include "policy/access/policy.h"

#include <optional>
#include <string_view>

/// LiteLLM's words for stretches of time: a number and `s`, `m`, `h`, `d`, `w` or `mo`.
namespace pulse::console::litellm {

/// `now` and that much; a month keeps the day, or is its last one. Nothing for what is no duration
/// or longer than a hundred years.
[[nodiscard]] std::optional<TimePoint> after(TimePoint now, std::string_view duration);

/// The calendar window that a `budget_duration` is: an hour, a day, a week, a month ("30d" is one:
/// LiteLLM begins those on the first as well). Nothing where there is none.
[[nodiscard]] std::optional<policy::Period> period_of(std::string_view duration);
inline constexpr std::string_view kPeriodRule =
    "budgets are of calendar windows: take 1h (hour), 24h or 1d (day), 7d (week), 30d or 1mo "
    "(month), or leave it out for a budget that never starts again";

/// The word for a window; empty for `total`.
[[nodiscard]] std::string_view duration_of(policy::Period period);

}  // namespace pulse::console::litellm
