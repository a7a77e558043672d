#pragma once

#include "base/error.h"
#include "console/admin/reach.h"
#include "storage/sql/session.h"
#include "storage/tables/audit.h"
#include "storage/tables/owners.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Teams and projects, each change in one transaction with its row of the audit log. `who` as in
// admin/keys.h. Errors of all of them: storage_unavailable.

namespace pulse::console {

/// What is given is set; an empty team is none.
struct OwnerFields {
    std::optional<std::string> name = {};
    std::optional<std::string> team = {};  ///< of a project
};

/// Errors: storage::conflict() (there is one), invalid_request (no such team), forbidden (out of
/// reach).
[[nodiscard]] Result<storage::OwnerRow> create_owner(
    storage::sql::Session& session,
    storage::OwnerKind kind,
    std::string_view id,
    const OwnerFields& fields,
    const storage::AuditEntry& who,
    const Reach& reach);

/// Errors: not_found.
[[nodiscard]] Result<storage::OwnerRow> get_owner(
    storage::sql::Session& session,
    storage::OwnerKind kind,
    std::string_view org,
    std::string_view id,
    const Reach& reach);

/// Errors: not_found, storage::conflict() (another version), invalid_request, forbidden.
[[nodiscard]] Result<storage::OwnerRow> change_owner(
    storage::sql::Session& session,
    storage::OwnerKind kind,
    std::string_view id,
    std::optional<std::int64_t> version,
    const OwnerFields& fields,
    const storage::AuditEntry& who,
    const Reach& reach);

/// Errors: not_found, storage::conflict() (another version, or something names it).
[[nodiscard]] Result<void> delete_owner(
    storage::sql::Session& session,
    storage::OwnerKind kind,
    std::string_view id,
    std::optional<std::int64_t> version,
    const storage::AuditEntry& who,
    const Reach& reach);

/// Puts a user into a team, or changes their role there. Errors: not_found (team, user).
[[nodiscard]] Result<void> put_member(
    storage::sql::Session& session,
    std::string_view team,
    std::string_view user,
    std::string_view role,
    const storage::AuditEntry& who,
    const Reach& reach);
/// Errors: not_found.
[[nodiscard]] Result<void> remove_member(
    storage::sql::Session& session,
    std::string_view team,
    std::string_view user,
    const storage::AuditEntry& who,
    const Reach& reach);

/// As the API and the audit log show it.
[[nodiscard]] boost::json::object owner_json(storage::OwnerKind kind, const storage::OwnerRow& row);

}  // namespace pulse::console
