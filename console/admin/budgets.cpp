#include "console/admin/budgets.h"

#include "base/rfc3339.h"
#include "base/uuid.h"
#include "console/access/change.h"
#include "console/admin/scope_check.h"
#include "console/admin/scope_names.h"
#include "storage/tables/conflict.h"

#include <boost/json/serialize.hpp>

namespace pulse::console {
namespace {

namespace json = boost::json;
using storage::AuditEntry;
using storage::BudgetRow;
using storage::sql::Session;

[[nodiscard]] Error wrong(std::string_view field, std::string_view what) {
    return Error{Errc::invalid_request, "`" + std::string{field} + "`: " + std::string{what}}
        .with_param(std::string{field});
}

[[nodiscard]] std::string shown(const BudgetRow& row) {
    return json::serialize(budget_json(row));
}

[[nodiscard]] AuditEntry entry_of(
    const AuditEntry& who, std::string_view action, const BudgetRow& row) {
    AuditEntry entry = who;
    entry.action = action;
    entry.target_kind = "budget";
    entry.target_id = row.id;
    return entry;
}

/// What may be changed of a budget, too.
[[nodiscard]] Result<void> apply(const BudgetFields& fields, BudgetRow& row) {
    row.name = fields.name.value_or(row.name);
    row.period = fields.period.value_or(row.period);
    row.limit = fields.limit.value_or(row.limit);
    row.currency = fields.currency.value_or(row.currency);
    row.soft = fields.soft.value_or(row.soft);
    if (!parse_period(row.period)) {
        return wrong("period", kPeriodRule);
    }
    if (row.limit < Money{}) {
        return wrong("limit", "takes an amount from 0 on");
    }
    if (row.currency != kBudgetCurrency) {
        return wrong(
            "currency", "takes USD: one in another currency would not be enforced by this version");
    }
    return {};
}

}  // namespace

json::object budget_json(const BudgetRow& row) {
    return {
        {"id", row.id},
        {"name", row.name},
        {"scope", row.scope},
        {"scope_id", row.scope_id.empty() ? json::value(nullptr) : json::value(row.scope_id)},
        {"period", row.period},
        {"limit", row.limit.to_string()},
        {"currency", row.currency},
        {"soft", row.soft},
        {"version", row.version},
        {"created_at", rfc3339_seconds(row.created_at)},
        {"updated_at", rfc3339_seconds(row.updated_at)}};
}

Result<BudgetRow> get_budget(
    Session& session, std::string_view org, std::string_view id, const Reach& reach) {
    auto row = storage::find_budget(session, org, id);
    if (!row) {
        return row.error();
    }
    const Error unknown{Errc::not_found, "there is no budget with this id among those you see"};
    if (!*row) {
        return unknown;
    }
    const auto within = reaches(session, reach, org, (*row)->scope, (*row)->scope_id);
    if (!within) {
        return within.error();
    }
    return *within ? Result<BudgetRow>{**std::move(row)} : Result<BudgetRow>{unknown};
}

Result<BudgetRow> create_budget_within(
    Session& session, const BudgetFields& fields, const AuditEntry& who, const Reach& reach) {
    const auto scope = parse_scope(fields.scope.value_or(std::string{}));
    if (!scope) {
        return wrong("scope", kScopeRule);
    }
    if (!fields.limit) {
        return wrong("limit", "is missing; it takes an amount such as \"50.00\"");
    }
    BudgetRow row;
    row.id = UuidGenerator{}.next(who.at).to_string();
    row.org = who.org;
    row.scope = *fields.scope;
    row.scope_id = fields.scope_id.value_or(std::string{});
    row.created_at = who.at;
    row.updated_at = who.at;
    if (auto applied = apply(fields, row); !applied) {
        return applied.error();
    }
    if (auto fit = check_scope(session, reach, row.org, *scope, row.scope_id); !fit) {
        return fit.error();
    }
    AuditEntry entry = entry_of(who, "budget.create", row);
    entry.after = shown(row);
    if (auto inserted = storage::insert_budget(session, row, entry); !inserted) {
        return inserted.error();
    }
    return row;
}

Result<BudgetRow> create_budget(
    Session& session, const BudgetFields& fields, const AuditEntry& who, const Reach& reach) {
    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    auto row = create_budget_within(session, fields, who, reach);
    if (!row) {
        return row.error();
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    return row;
}

Result<BudgetRow> change_budget(
    Session& session,
    std::string_view id,
    std::optional<std::int64_t> version,
    const BudgetFields& fields,
    const AuditEntry& who,
    const Reach& reach) {
    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    auto row = get_budget(session, who.org, id, reach);
    if (!row) {
        return row.error();
    }
    if (version && *version != row->version) {
        return storage::changed_meanwhile("the budget");
    }
    AuditEntry entry = entry_of(who, "budget.update", *row);
    entry.before = shown(*row);
    if (auto applied = apply(fields, *row); !applied) {
        return applied.error();
    }
    if (shown(*row) == entry.before) {
        return *row;
    }
    row->updated_at = who.at;
    BudgetRow after = *row;
    ++after.version;
    entry.after = shown(after);
    if (auto updated = storage::update_budget(session, *row, entry); !updated) {
        return updated.error();
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    return after;
}

Result<void> delete_budget(
    Session& session,
    std::string_view id,
    std::optional<std::int64_t> version,
    const AuditEntry& who,
    const Reach& reach) {
    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    const auto row = get_budget(session, who.org, id, reach);
    if (!row) {
        return row.error();
    }
    if (version && *version != row->version) {
        return storage::changed_meanwhile("the budget");
    }
    AuditEntry entry = entry_of(who, "budget.delete", *row);
    entry.before = shown(*row);
    if (auto deleted = storage::delete_budget(session, *row, entry); !deleted) {
        return deleted;
    }
    return transaction->commit();
}

}  // namespace pulse::console
