#pragma once

#include "base/error.h"
#include "base/money.h"
#include "console/admin/reach.h"
#include "policy/limits/window.h"
#include "storage/sql/session.h"
#include "storage/tables/audit.h"
#include "storage/tables/budgets.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Budgets that stand by themselves, each change in one transaction with its row of the audit log.
// `who` as in admin/keys.h. Errors of all of them: storage_unavailable.

namespace pulse::console {

/// What gateways enforce budgets in.
inline constexpr std::string_view kBudgetCurrency = "USD";

/// What is given is set. Scope and scope_id are of a new one alone.
struct BudgetFields {
    std::optional<std::string> name = {};
    std::optional<std::string> scope = {};
    std::optional<std::string> scope_id = {};
    std::optional<std::string> period = {};
    std::optional<Money> limit = {};
    std::optional<std::string> currency = {};
    std::optional<bool> soft = {};
};

/// Errors: invalid_request (what is missing or wrong, a team, project or key that is not there),
/// forbidden (out of reach).
[[nodiscard]] Result<storage::BudgetRow> create_budget(
    storage::sql::Session& session,
    const BudgetFields& fields,
    const storage::AuditEntry& who,
    const Reach& reach);

/// The same within the caller's transaction, that of begin_change().
[[nodiscard]] Result<storage::BudgetRow> create_budget_within(
    storage::sql::Session& session,
    const BudgetFields& fields,
    const storage::AuditEntry& who,
    const Reach& reach);

/// Errors: not_found.
[[nodiscard]] Result<storage::BudgetRow> get_budget(
    storage::sql::Session& session, std::string_view org, std::string_view id, const Reach& reach);

/// Errors: not_found, storage::conflict() (another version), invalid_request.
[[nodiscard]] Result<storage::BudgetRow> change_budget(
    storage::sql::Session& session,
    std::string_view id,
    std::optional<std::int64_t> version,
    const BudgetFields& fields,
    const storage::AuditEntry& who,
    const Reach& reach);

/// Errors: not_found, storage::conflict() (another version).
[[nodiscard]] Result<void> delete_budget(
    storage::sql::Session& session,
    std::string_view id,
    std::optional<std::int64_t> version,
    const storage::AuditEntry& who,
    const Reach& reach);

/// What is spent of a budget in the window that runs.
struct BudgetState {
    policy::Window window;
    Money spent;
};

/// Of each of these, all of one organisation, from the ledger: what runs at the moment is not in
/// it.
[[nodiscard]] Result<std::vector<BudgetState>> states_of(
    storage::sql::Session& session,
    const policy::WindowCalendar& calendar,
    std::span<const storage::BudgetRow> budgets,
    TimePoint now);

/// As the audit log shows it.
[[nodiscard]] boost::json::object budget_json(const storage::BudgetRow& row);

}  // namespace pulse::console
