#pragma once

#include "base/detail/posix_rule.h"
#include "base/error.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace pulse {

/// The offsets of one time zone through all time, from the system's database. All times are
/// seconds. g++ 12 has no std::chrono::tzdb; ours goes when the compiler brings one. Immutable.
/// Source: RFC 9636 (TZif), §3 and §4.
class TimeZone {
public:
    /// UTC, without a file.
    TimeZone() = default;

    /// An IANA name such as "Europe/Paris", read from the system's zoneinfo folder; "UTC" needs
    /// none. Errors: configuration when there is no such zone or its file cannot be read.
    [[nodiscard]] static Result<TimeZone> open(std::string_view name);

    /// The bytes of a TZif file, version 2 or later, without leap seconds. Errors: corrupt_input.
    [[nodiscard]] static Result<TimeZone> parse(std::string_view bytes);

    /// A stretch of time with one offset (seconds east of UTC): [begin, end), seconds since the
    /// epoch.
    struct Span {
        std::int64_t begin = std::numeric_limits<std::int64_t>::min();
        std::int64_t end = std::numeric_limits<std::int64_t>::max();
        std::int32_t offset = 0;
    };
    [[nodiscard]] Span span_at(std::int64_t at) const;

    /// The first instant at which the clocks of this zone show `local` or later; `local` counts as
    /// if they showed UTC. That is midnight itself, the first of two, or the jump where there is
    /// none.
    [[nodiscard]] std::int64_t first_instant(std::int64_t local) const;

private:
    [[nodiscard]] Span span_by_rule(std::int64_t at, Span open_end) const;

    std::vector<detail::PosixRule::Change> changes_;  ///< ascending
    std::int32_t first_offset_ = 0;                   ///< before the first change
    std::optional<detail::PosixRule> rule_;           ///< behind the last change
};

}  // namespace pulse
