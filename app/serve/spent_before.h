#pragma once

#include "policy/embedded/embedded_store.h"
#include "storage/sql/session.h"

#include <span>
#include <vector>

namespace pulse::app {

/// What the ledger knows to be spent of each budget among `limits`, in the windows open at `now`.
/// `calendar` is of organisations without their own. Errors: storage_unavailable.
[[nodiscard]] Result<std::vector<policy::SpentBefore>> spent_before(
    storage::sql::Session& session,
    std::span<const policy::ScopeLimits* const> limits,
    const policy::WindowCalendar& calendar,
    TimePoint now);

}  // namespace pulse::app
