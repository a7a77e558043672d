#include "storage/tables/budgets.h"

#include "storage/tables/detail/scoped_rows.h"

namespace pulse::storage {
namespace {

using detail::Where;

constexpr std::string_view kSelect =
    "SELECT id, org_id, name, scope, scope_id, period, limit_amount, currency, soft, version,"
    " created_at, updated_at FROM budget";
constexpr std::string_view kInsert =
    "INSERT INTO budget (id, org_id, name, scope, scope_id, period, limit_amount, currency, soft,"
    " version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11)";
constexpr std::string_view kUpdate =
    "UPDATE budget SET name = $4, period = $5, limit_amount = $6, currency = $7, soft = $8,"
    " updated_at = $9, version = version + 1 WHERE org_id = $1 AND id = $2 AND version = $3";
constexpr std::string_view kDelete =
    "DELETE FROM budget WHERE org_id = $1 AND id = $2 AND version = $3";

[[nodiscard]] Result<std::vector<BudgetRow>> read_budgets(
    sql::Session& session, const std::string& statement, std::span<const sql::Value> parameters) {
    bool is_sound = true;
    auto rows = sql::select(session, statement, parameters, [&](const sql::Row& row) {
        const std::optional<Money> limit = row.money(6);
        is_sound = is_sound && limit.has_value();
        return BudgetRow{
            .id = row.owned(0),
            .org = row.owned(1),
            .name = row.owned(2),
            .scope = row.owned(3),
            .scope_id = row.owned(4),
            .period = row.owned(5),
            .limit = limit.value_or(Money{}),
            .currency = row.owned(7),
            .soft = row.boolean(8),
            .version = row.integer(9),
            .created_at = row.time(10),
            .updated_at = row.time(11)};
    });
    if (rows && !is_sound) {
        return Error{Errc::storage_unavailable, "budgets: a stored limit is not a number"};
    }
    return rows;
}

[[nodiscard]] std::string selecting(std::string_view rest) {
    return std::string{kSelect}.append(rest);
}

[[nodiscard]] Result<void> finish(
    sql::Session& session,
    const Result<std::int64_t>& changed,
    const BudgetRow& row,
    const AuditEntry& audit) {
    if (!changed) {
        return changed.error();
    }
    const auto found = find_budget(session, row.org, row.id);
    if (!found) {
        return found.error();
    }
    return detail::finish_change(session, *changed, found->has_value(), "budget", audit);
}

}  // namespace

Result<std::vector<BudgetRow>> budgets(sql::Session& session) {
    return read_budgets(session, selecting(" ORDER BY id"), {});
}

Result<std::vector<BudgetRow>> list_budgets(sql::Session& session, const BudgetFilter& filter) {
    Where where;
    where.equal("org_id", filter.org);
    where.equal("scope", filter.scope);
    where.equal("scope_id", filter.scope_id);
    where.equal("period", filter.period);
    if (filter.teams) {
        where.add(detail::of_teams(session.engine(), where, filter.org, *filter.teams));
    }
    if (!filter.after.empty()) {
        where.add("id > " + where.value(filter.after));
    }
    const std::string limit = where.value(filter.limit);
    return read_budgets(
        session, selecting(where.text() + " ORDER BY id LIMIT " + limit), where.values());
}

Result<std::optional<BudgetRow>> find_budget(
    sql::Session& session, std::string_view org, std::string_view id) {
    const sql::Value parameters[] = {org, id};
    auto rows = read_budgets(session, selecting(" WHERE org_id = $1 AND id = $2"), parameters);
    if (!rows) {
        return rows.error();
    }
    return rows->empty() ? std::optional<BudgetRow>{} : std::optional{std::move(rows->front())};
}

Result<void> insert_budget(sql::Session& session, const BudgetRow& row, const AuditEntry& audit) {
    const auto inserted = session.run(
        kInsert,
        {row.id,
         row.org,
         row.name,
         row.scope,
         row.scope_id,
         row.period,
         row.limit,
         row.currency,
         row.soft,
         row.created_at,
         row.updated_at});
    if (!inserted) {
        return inserted.error();
    }
    return detail::finish_change(session, *inserted, true, "budget", audit);
}

Result<void> update_budget(sql::Session& session, const BudgetRow& row, const AuditEntry& audit) {
    const auto changed = session.run(
        kUpdate,
        {row.org,
         row.id,
         row.version,
         row.name,
         row.period,
         row.limit,
         row.currency,
         row.soft,
         row.updated_at});
    return finish(session, changed, row, audit);
}

Result<void> delete_budget(sql::Session& session, const BudgetRow& row, const AuditEntry& audit) {
    const auto changed = session.run(kDelete, {row.org, row.id, row.version});
    return finish(session, changed, row, audit);
}

}  // namespace pulse::storage
