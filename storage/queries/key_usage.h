#pragma once

#include "base/error.h"
#include "base/money.h"
#include "base/time_zone.h"
#include "storage/queries/access_scope.h"
#include "storage/queries/calendar.h"
#include "storage/sql/session.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage {

/// What a key did in one bucket of time, in one currency.
struct KeyUsage {
    std::string label;  ///< of the bucket
    Stretch time;
    std::string currency;
    std::int64_t requests = 0;
    std::int64_t refused = 0;        ///< by Pulse
    std::int64_t failed = 0;         ///< neither answered nor refused
    std::int64_t input_tokens = 0;   ///< uncached, cached and written to a cache
    std::int64_t cached_tokens = 0;  ///< of them, read from a cache
    std::int64_t output_tokens = 0;
    std::int64_t latency_us = 0;  ///< mean of all requests, rounded half-up
    Money cost;
};

/// The buckets in which the key was used, in order. A key that the scope does not let see was never
/// used. Errors: invalid_request for a time that is none or has too many buckets,
/// storage_unavailable.
[[nodiscard]] Result<std::vector<KeyUsage>> key_usage(
    sql::Session& session,
    const AccessScope& scope,
    std::string_view key_id,
    const Stretch& time,
    Granularity granularity,
    const TimeZone& zone);

}  // namespace pulse::storage
