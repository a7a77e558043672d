#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "storage/sql/session.h"
#include "storage/tables/audit.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Teams, projects, applications and clients: what costs are attributed to. Their ids are the words
/// that ledger rows and headers carry. Each change is within the caller's transaction and appends
/// `audit`.
namespace pulse::storage {

enum class OwnerKind : std::uint8_t { team, project, app, client };
[[nodiscard]] std::string_view to_string(OwnerKind kind);

struct OwnerRow {
    std::string org;
    std::string id;
    std::string name;
    std::string team;  ///< that a project belongs to; empty: none
    std::int64_t version = 1;
    TimePoint created_at;
};

/// What a list asks for; what is empty is not asked for.
struct OwnerFilter {
    std::string org;
    /// Of teams these, of projects those of these.
    std::optional<std::vector<std::string>> teams;
    std::string team;  ///< projects of this one
    std::string after;
    std::int64_t limit = 100;
};

/// In the order of their ids. Errors here and below: storage_unavailable.
[[nodiscard]] Result<std::vector<OwnerRow>> list_owners(
    sql::Session& session, OwnerKind kind, const OwnerFilter& filter);
[[nodiscard]] Result<std::optional<OwnerRow>> find_owner(
    sql::Session& session, OwnerKind kind, std::string_view org, std::string_view id);

/// Errors: conflict() when there is one.
[[nodiscard]] Result<void> insert_owner(
    sql::Session& session, OwnerKind kind, const OwnerRow& row, const AuditEntry& audit);
/// Replaces name and team; `row.version` is that which was read. Errors: not_found;
/// conflict() when it has another one.
[[nodiscard]] Result<void> update_owner(
    sql::Session& session, OwnerKind kind, const OwnerRow& row, const AuditEntry& audit);
/// With the memberships of a team. Errors: as update_owner(); conflict() when keys, projects,
/// policies or budgets name it, and which.
[[nodiscard]] Result<void> delete_owner(
    sql::Session& session, OwnerKind kind, const OwnerRow& row, const AuditEntry& audit);

}  // namespace pulse::storage
