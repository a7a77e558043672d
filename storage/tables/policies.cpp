#include "storage/tables/policies.h"

#include "storage/tables/conflict.h"
#include "storage/tables/detail/scoped_rows.h"

namespace pulse::storage {
namespace {

using detail::Where;

constexpr std::string_view kSelect =
    "SELECT id, org_id, name, scope, scope_id, policy, version, created_at, updated_at"
    " FROM ai_policy";
constexpr std::string_view kInsert =
    "INSERT INTO ai_policy (id, org_id, name, scope, scope_id, policy, version, created_at,"
    " updated_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8)"
    " ON CONFLICT (org_id, scope, scope_id) DO NOTHING";
constexpr std::string_view kUpdate =
    "UPDATE ai_policy SET name = $4, policy = $5, updated_at = $6, version = version + 1"
    " WHERE org_id = $1 AND id = $2 AND version = $3";
constexpr std::string_view kDelete =
    "DELETE FROM ai_policy WHERE org_id = $1 AND id = $2 AND version = $3";

[[nodiscard]] PolicyRow read_policy(const sql::Row& row) {
    return {
        .id = row.owned(0),
        .org = row.owned(1),
        .name = row.owned(2),
        .scope = row.owned(3),
        .scope_id = row.owned(4),
        .policy_json = row.owned(5),
        .version = row.integer(6),
        .created_at = row.time(7),
        .updated_at = row.time(8)};
}

[[nodiscard]] std::string selecting(std::string_view rest) {
    return std::string{kSelect}.append(rest);
}

[[nodiscard]] Result<void> finish(
    sql::Session& session,
    const Result<std::int64_t>& changed,
    const PolicyRow& row,
    const AuditEntry& audit) {
    if (!changed) {
        return changed.error();
    }
    const auto found = find_policy(session, row.org, row.id);
    if (!found) {
        return found.error();
    }
    return detail::finish_change(session, *changed, found->has_value(), "policy", audit);
}

}  // namespace

Result<std::vector<PolicyRow>> policies(sql::Session& session) {
    return sql::select(session, selecting(" ORDER BY id"), {}, read_policy);
}

Result<std::vector<PolicyRow>> list_policies(sql::Session& session, const PolicyFilter& filter) {
    Where where;
    where.equal("org_id", filter.org);
    where.equal("scope", filter.scope);
    where.equal("scope_id", filter.scope_id);
    if (filter.teams) {
        where.add(detail::of_teams(session.engine(), where, filter.org, *filter.teams));
    }
    if (!filter.after.empty()) {
        where.add("id > " + where.value(filter.after));
    }
    const std::string limit = where.value(filter.limit);
    return sql::select(
        session,
        selecting(where.text() + " ORDER BY id LIMIT " + limit),
        where.values(),
        read_policy);
}

Result<std::optional<PolicyRow>> find_policy(
    sql::Session& session, std::string_view org, std::string_view id) {
    return sql::select_one(
        session, selecting(" WHERE org_id = $1 AND id = $2"), {org, id}, read_policy);
}

Result<void> insert_policy(sql::Session& session, const PolicyRow& row, const AuditEntry& audit) {
    const auto inserted = session.run(
        kInsert,
        {row.id,
         row.org,
         row.name,
         row.scope,
         row.scope_id,
         row.policy_json,
         row.created_at,
         row.updated_at});
    if (!inserted) {
        return inserted.error();
    }
    if (*inserted == 0) {
        return conflict(
            "the " + row.scope + (row.scope_id.empty() ? "" : " `" + row.scope_id + "`") +
            " has a policy already: change that one");
    }
    return detail::finish_change(session, *inserted, true, "policy", audit);
}

Result<void> update_policy(sql::Session& session, const PolicyRow& row, const AuditEntry& audit) {
    const auto changed = session.run(
        kUpdate, {row.org, row.id, row.version, row.name, row.policy_json, row.updated_at});
    return finish(session, changed, row, audit);
}

Result<void> delete_policy(sql::Session& session, const PolicyRow& row, const AuditEntry& audit) {
    const auto changed = session.run(kDelete, {row.org, row.id, row.version});
    return finish(session, changed, row, audit);
}

}  // namespace pulse::storage
