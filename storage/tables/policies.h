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

/// Policies above single keys. Each change is within the caller's transaction, appends `audit` and
/// changes keys_version().
namespace pulse::storage {

struct PolicyRow {
    std::string id;
    std::string org;
    std::string name;
    std::string scope;     ///< organisation | team | project | user | app
    std::string scope_id;  ///< of an organisation empty
    std::string policy_json = "{}";
    std::int64_t version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

/// What a list asks for; what is empty is not asked for.
struct PolicyFilter {
    std::string org;
    std::string scope;
    std::string scope_id;
    /// Only those of these teams and of their projects.
    std::optional<std::vector<std::string>> teams;
    std::string after;  ///< behind this id
    std::int64_t limit = 100;
};

/// Of all organisations, as a gateway holds them. Errors here and below: storage_unavailable.
[[nodiscard]] Result<std::vector<PolicyRow>> policies(sql::Session& session);
/// In the order of their ids.
[[nodiscard]] Result<std::vector<PolicyRow>> list_policies(
    sql::Session& session, const PolicyFilter& filter);
[[nodiscard]] Result<std::optional<PolicyRow>> find_policy(
    sql::Session& session, std::string_view org, std::string_view id);

/// Errors: conflict() when what it is for has a policy; invalid_request for no JSON object.
[[nodiscard]] Result<void> insert_policy(
    sql::Session& session, const PolicyRow& row, const AuditEntry& audit);
/// Replaces name and policy; `row.version` is that which was read. Errors: not_found;
/// conflict() when it has another one.
[[nodiscard]] Result<void> update_policy(
    sql::Session& session, const PolicyRow& row, const AuditEntry& audit);
/// Errors: as update_policy().
[[nodiscard]] Result<void> delete_policy(
    sql::Session& session, const PolicyRow& row, const AuditEntry& audit);

}  // namespace pulse::storage
