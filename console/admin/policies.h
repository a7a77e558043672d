#pragma once

#include "base/error.h"
#include "console/admin/reach.h"
#include "storage/sql/session.h"
#include "storage/tables/audit.h"
#include "storage/tables/policies.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Policies above single keys, each change in one transaction with its row of the audit log. `who`
// as in admin/keys.h. Errors of all of them: storage_unavailable.

namespace pulse::console {

/// What is given is set. Scope and scope_id are of a new one alone.
struct PolicyFields {
    std::optional<std::string> name = {};
    std::optional<std::string> scope = {};
    std::optional<std::string> scope_id = {};
    std::optional<std::string> policy_json = {};
};

/// Errors: invalid_request (what is missing or wrong, a team or project that is not there),
/// forbidden (out of reach), storage::conflict() (there is one for it).
[[nodiscard]] Result<storage::PolicyRow> create_policy(
    storage::sql::Session& session,
    const PolicyFields& fields,
    const storage::AuditEntry& who,
    const Reach& reach);

/// Errors: not_found.
[[nodiscard]] Result<storage::PolicyRow> get_policy(
    storage::sql::Session& session, std::string_view org, std::string_view id, const Reach& reach);

/// Errors: not_found, storage::conflict() (another version), invalid_request.
[[nodiscard]] Result<storage::PolicyRow> change_policy(
    storage::sql::Session& session,
    std::string_view id,
    std::optional<std::int64_t> version,
    const PolicyFields& fields,
    const storage::AuditEntry& who,
    const Reach& reach);

/// Errors: not_found, storage::conflict() (another version).
[[nodiscard]] Result<void> delete_policy(
    storage::sql::Session& session,
    std::string_view id,
    std::optional<std::int64_t> version,
    const storage::AuditEntry& who,
    const Reach& reach);

/// As the API and the audit log show it.
[[nodiscard]] boost::json::object policy_json(const storage::PolicyRow& row);

}  // namespace pulse::console
