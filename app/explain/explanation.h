#pragma once

#include "app/explain/recorded_answer.h"
#include "base/clock.h"
#include "llm/meter_reading.h"
#include "pricing/catalog/catalog.h"

#include <boost/json.hpp>

#include <cstdint>
#include <optional>

namespace pulse::app {

/// What Pulse reads in `answer`. With a `split_seed` its body is fed in random pieces, the same
/// ones for the same seed.
[[nodiscard]] llm::MeterReading metered(
    const RecordedAnswer& answer, std::optional<std::uint64_t> split_seed);

/// What is read and what it would cost at `at`, under the names of docs/formats/metering.md.
[[nodiscard]] boost::json::object explained(
    const RecordedAnswer& answer,
    const llm::MeterReading& reading,
    const pricing::Catalog& catalog,
    TimePoint at);

}  // namespace pulse::app
