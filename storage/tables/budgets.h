#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/money.h"
#include "storage/sql/session.h"
#include "storage/tables/audit.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Budgets that stand by themselves; those of a policy stand in its JSON. Each change is within the
/// caller's transaction, appends `audit` and changes keys_version().
namespace pulse::storage {

struct BudgetRow {
    std::string id;
    std::string org;
    std::string name;
    std::string scope;  ///< organisation | team | project | user | app | client | key | model | tag
    std::string scope_id;  ///< of an organisation empty
    std::string period;    ///< hour | day | week | month | total
    Money limit;
    std::string currency = "USD";
    bool soft = false;
    std::int64_t version = 1;
    TimePoint created_at;
    TimePoint updated_at;
};

/// What a list asks for; what is empty is not asked for.
struct BudgetFilter {
    std::string org;
    std::string scope;
    std::string scope_id;
    std::string period;
    /// Only those of these teams, of their projects and of their keys.
    std::optional<std::vector<std::string>> teams;
    std::string after;  ///< behind this id
    std::int64_t limit = 100;
};

/// Of all organisations, as a gateway holds them. Errors here and below: storage_unavailable, also
/// for an amount that is none.
[[nodiscard]] Result<std::vector<BudgetRow>> budgets(sql::Session& session);
/// In the order of their ids.
[[nodiscard]] Result<std::vector<BudgetRow>> list_budgets(
    sql::Session& session, const BudgetFilter& filter);
[[nodiscard]] Result<std::optional<BudgetRow>> find_budget(
    sql::Session& session, std::string_view org, std::string_view id);

/// Errors: invalid_request for a broken rule of the table.
[[nodiscard]] Result<void> insert_budget(
    sql::Session& session, const BudgetRow& row, const AuditEntry& audit);
/// Replaces name, period, limit, currency and soft; `row.version` is that which was read. Errors:
/// not_found; conflict() when it has another one.
[[nodiscard]] Result<void> update_budget(
    sql::Session& session, const BudgetRow& row, const AuditEntry& audit);
/// Errors: as update_budget().
[[nodiscard]] Result<void> delete_budget(
    sql::Session& session, const BudgetRow& row, const AuditEntry& audit);

}  // namespace pulse::storage
