#pragma once

#include "base/error.h"
#include "storage/sql/session.h"
#include "storage/tables/audit.h"
#include "storage/tables/detail/where.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What the tables of policies and of budgets have in common: rows with a scope, a version and an
/// owner.
namespace pulse::storage::detail {

/// "(…)": the row is of one of these teams, of a project of theirs or of a key of theirs.
[[nodiscard]] std::string of_teams(
    sql::Engine engine, Where& where, std::string_view org, const std::vector<std::string>& teams);

/// Behind a change of one row: the audit entry, the version that gateways poll. `changed` is how
/// many rows the statement changed. Errors: not_found, conflict(): see update_policy().
[[nodiscard]] Result<void> finish_change(
    sql::Session& session,
    std::int64_t changed,
    bool is_there,
    std::string_view what,
    const AuditEntry& audit);

}  // namespace pulse::storage::detail
