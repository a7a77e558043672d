#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "base/usage.h"
#include "base/uuid.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pulse::storage {

/// The smallest id that a request at or after `time` may have; a time before 1970 counts as 1970.
[[nodiscard]] inline Uuid first_id_at(TimePoint time) {
    const auto since = std::chrono::ceil<std::chrono::milliseconds>(time.time_since_epoch());
    std::uint64_t milliseconds = since.count() < 0 ? 0 : static_cast<std::uint64_t>(since.count());
    Uuid id;
    for (std::size_t i = 6; i-- > 0; milliseconds >>= 8U) {
        id.bytes[i] = static_cast<std::uint8_t>(milliseconds);
    }
    return id;
}

/// A place in the order of attempts: by request id, hence by time, then by number.
struct AttemptPlace {
    Uuid request_id;
    std::int64_t attempt = 0;  ///< counted from 1; 0: in front of the request's first
};

/// A billed attempt with all that its cost is made of. What was served is known of the attempt that
/// answered the request, the last one.
struct BilledAttempt {
    AttemptPlace place;
    std::string provider;
    std::string model;         ///< as it was addressed at the provider
    std::string model_served;  ///< empty: not said
    std::string service_tier;  ///< empty: not said
    std::string region;        ///< empty: not said
    Usage usage;
    UsageSource usage_source = UsageSource::none;
    Money cost;
    std::string cost_status;    ///< empty: not said
    std::string price_version;  ///< of the request; empty: not said
    std::string org;            ///< of the request, as what follows
    std::string team;
    std::string key_id;
    bool is_price_missing = false;
};

/// Which attempts are to be rated again.
enum class BilledKind : std::uint8_t {
    all,
    price_missing,  ///< for which no price was known
};

/// The attempts of a model for which no price was known, together.
struct UnpricedModel {
    std::string provider;
    std::string model;         ///< as it was addressed
    std::string model_served;  ///< of the latest attempt that says it; empty: none does
    std::int64_t attempts = 0;
    Money cost;  ///< what they were estimated at
    TimePoint first_seen;
    TimePoint last_seen;
};

/// What an attempt is to cost from now on.
struct Rerating {
    BilledAttempt before;
    Money cost;
    std::string cost_status;
    bool is_price_missing = false;  ///< still
};

/// Changes that are written together.
struct ReratingBatch {
    TimePoint rerated_at;
    std::string price_version;  ///< the one that the new costs are by
    std::vector<Rerating> changes;
};

}  // namespace pulse::storage
