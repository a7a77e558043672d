#pragma once

#include "base/error.h"
#include "console/admin/reach.h"
#include "policy/access/policy.h"
#include "storage/sql/session.h"

#include <string>
#include <string_view>

namespace pulse::console {

/// Can `scope_id` name something of that scope, and is it within reach? Teams, projects and keys
/// have to be there: a misspelt one would limit nothing. Errors: invalid_request, forbidden,
/// storage_unavailable.
[[nodiscard]] Result<void> check_scope(
    storage::sql::Session& session,
    const Reach& reach,
    std::string_view org,
    policy::Scope scope,
    const std::string& scope_id);

}  // namespace pulse::console
