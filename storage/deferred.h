#pragma once

#include "base/clock.h"
#include "base/request_facts.h"
#include "base/uuid.h"
#include "storage/detail/cost_event_id.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace pulse::storage {

/// Is this a call whose work is done within seconds or minutes, not hours?
[[nodiscard]] constexpr bool is_background_api(Api api) {
    return api == Api::responses || api == Api::interactions;
}

/// Between the answer that began it and the first question whether it is done.
[[nodiscard]] constexpr std::chrono::seconds first_wait(Api api) {
    return std::chrono::seconds{is_background_api(api) ? 2 : 30};
}

/// Work of a provider's that goes on after the answer that began it, and is not billed yet. Value;
/// not thread-safe.
struct DeferredWork {
    std::string provider;
    std::string object_id;  ///< as the provider gave it
    Api api = Api::none;    ///< that began it
    Uuid request_id;        ///< of the row that began it: whose it is stands there
    TimePoint created_at;
    TimePoint next_at;              ///< when its provider is to be asked again
    std::int64_t tries = 0;         ///< how often it was asked
    std::optional<Uuid> billed_id;  ///< of the row that is to bill it, once one was begun
};

/// The id of the row behind the first `number` ones of a bill that does not fit into one: the same
/// whenever it is made.
[[nodiscard]] inline Uuid further_bill_id(const Uuid& bill, std::size_t number) {
    // Beyond the numbers of a row's attempts, whose events have ids by the same rule.
    constexpr std::size_t kBehindAttempts = 1'000;
    return detail::cost_event_id(bill, kBehindAttempts + number);
}

}  // namespace pulse::storage
