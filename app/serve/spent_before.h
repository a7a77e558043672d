#pragma once

#include "policy/access/key_directory.h"
#include "policy/quota_store.h"
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

/// The same of those budgets in `after` whose periods nothing counted `before`: a sum over the
/// whole ledger would hold up the revocation of a key.
[[nodiscard]] Result<std::vector<policy::SpentBefore>> spent_by_new_budgets(
    storage::sql::Session& session,
    const policy::KeyDirectory& before,
    const policy::KeyDirectory& after,
    const policy::WindowCalendar& calendar,
    TimePoint now);

}  // namespace pulse::app
