#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "policy/access/policy.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

namespace pulse::policy {

/// One calendar window: [begin, end). `total` has neither.
struct Window {
    std::optional<TimePoint> begin;
    std::optional<TimePoint> end;
    friend bool operator==(const Window&, const Window&) = default;
};

/// Computes calendar windows in one time zone, daylight saving included. Weeks begin on Monday (ISO
/// 8601). The windows of a period follow each other without gap or overlap: a day with a changed
/// clock has 23 or 25 hours, a midnight that does not exist is the moment of the jump. Immutable.
class WindowCalendar {
public:
    /// Errors: configuration when the zone is not known to the system. "UTC" needs no time zone
    /// data.
    [[nodiscard]] static Result<WindowCalendar> open(std::string_view time_zone);
    [[nodiscard]] static WindowCalendar utc();
    [[nodiscard]] Window window(Period period, TimePoint at) const;

private:
    struct Zone;
    explicit WindowCalendar(std::shared_ptr<const Zone> zone);
    std::shared_ptr<const Zone> zone_;
};

}  // namespace pulse::policy
