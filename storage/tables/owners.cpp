#include "storage/tables/owners.h"

#include "storage/detail/text_list.h"
#include "storage/sql/dialect.h"
#include "storage/tables/conflict.h"
#include "storage/tables/detail/where.h"

#include <array>

namespace pulse::storage {
namespace {

using detail::Where;

/// What names an owner, and so keeps it from being deleted.
struct Reference {
    std::string_view what;
    std::string_view shown;  ///< the column that a person knows it by
    std::string_view from;   ///< with $1 the organisation, $2 the owner's id, $3 its kind
};

constexpr std::array kOfPolicies{
    Reference{"the policy", "name", "ai_policy WHERE org_id = $1 AND scope_id = $2 AND scope = $3"},
    Reference{"the budget", "name", "budget WHERE org_id = $1 AND scope_id = $2 AND scope = $3"}};

[[nodiscard]] std::vector<Reference> references_to(OwnerKind kind) {
    std::vector<Reference> found;
    // `$3` stands in each statement: PostgreSQL wants to know each parameter's type.
    switch (kind) {
        case OwnerKind::team:
            found.push_back(
                {"the key",
                 "label",
                 "ai_gateway_key WHERE org_id = $1 AND team = $2 AND CAST($3 AS text) <> ''"});
            found.push_back(
                {"the project",
                 "id",
                 "project WHERE org_id = $1 AND team = $2 AND CAST($3 AS text) <> ''"});
            break;
        case OwnerKind::project:
            found.push_back(
                {"the key",
                 "label",
                 "ai_gateway_key WHERE org_id = $1 AND project = $2 AND CAST($3 AS text) <> ''"});
            break;
        case OwnerKind::app:
            found.push_back(
                {"the key",
                 "label",
                 "ai_gateway_key WHERE org_id = $1 AND app = $2 AND CAST($3 AS text) <> ''"});
            break;
        case OwnerKind::client:
            break;
    }
    found.insert(found.end(), kOfPolicies.begin(), kOfPolicies.end());
    return found;
}

/// The kind's name is that of its table.
[[nodiscard]] std::string table_of(OwnerKind kind) {
    return std::string{to_string(kind)};
}

[[nodiscard]] std::string selecting(OwnerKind kind, std::string_view rest) {
    const std::string team = kind == OwnerKind::project ? "team" : "NULL";
    return "SELECT org_id, id, name, " + team + ", version, created_at FROM " + table_of(kind) +
           std::string{rest};
}

[[nodiscard]] OwnerRow read_owner(const sql::Row& row) {
    return {
        .org = row.owned(0),
        .id = row.owned(1),
        .name = row.owned(2),
        .team = row.owned(3),
        .version = row.integer(4),
        .created_at = row.time(5)};
}

[[nodiscard]] Result<void> check_unused(
    sql::Session& session, OwnerKind kind, const OwnerRow& row) {
    for (const Reference& reference : references_to(kind)) {
        std::string statement = "SELECT ";
        statement.append(reference.shown).append(" FROM ").append(reference.from);
        const auto found = sql::select(
            session,
            statement + " ORDER BY id LIMIT 2",
            {row.org, row.id, to_string(kind)},
            [](const sql::Row& one) { return one.owned(0); });
        if (!found) {
            return found.error();
        }
        if (!found->empty()) {
            std::string detail{to_string(kind)};
            detail.append(" ").append(row.id).append(" is still named by ").append(reference.what);
            detail.append(" `").append(found->front()).append("`");
            detail.append(found->size() > 1 ? " and others" : "").append("; change that first");
            return conflict(std::move(detail));
        }
    }
    return {};
}

/// Behind a statement that names id and version.
[[nodiscard]] Result<void> finish(
    sql::Session& session,
    OwnerKind kind,
    const OwnerRow& row,
    const Result<std::int64_t>& changed,
    const AuditEntry& audit) {
    if (!changed) {
        return changed.error();
    }
    if (*changed > 0) {
        const auto appended = append_audit(session, audit);
        return appended ? Result<void>{} : Result<void>{appended.error()};
    }
    const auto found = find_owner(session, kind, row.org, row.id);
    if (!found) {
        return found.error();
    }
    if (*found) {
        return changed_meanwhile("the " + table_of(kind));
    }
    return Error{Errc::not_found, "there is no " + table_of(kind) + " with this id"};
}

}  // namespace

std::string_view to_string(OwnerKind kind) {
    switch (kind) {
        case OwnerKind::team:
            return "team";
        case OwnerKind::project:
            return "project";
        case OwnerKind::app:
            return "app";
        case OwnerKind::client:
            return "client";
    }
    return "unknown";
}

Result<std::vector<OwnerRow>> list_owners(
    sql::Session& session, OwnerKind kind, const OwnerFilter& filter) {
    Where where;
    where.equal("org_id", filter.org);
    if (filter.teams && (kind == OwnerKind::team || kind == OwnerKind::project)) {
        where.add(
            (kind == OwnerKind::team ? "id IN " : "team IN ") +
            sql::texts_of(session.engine(), where.value(detail::text_list(*filter.teams))));
    }
    if (kind == OwnerKind::project) {
        where.equal("team", filter.team);
    }
    if (!filter.after.empty()) {
        where.add("id > " + where.value(filter.after));
    }
    const std::string limit = where.value(filter.limit);
    return sql::select(
        session,
        selecting(kind, where.text() + " ORDER BY id LIMIT " + limit),
        where.values(),
        read_owner);
}

Result<std::optional<OwnerRow>> find_owner(
    sql::Session& session, OwnerKind kind, std::string_view org, std::string_view id) {
    return sql::select_one(
        session, selecting(kind, " WHERE org_id = $1 AND id = $2"), {org, id}, read_owner);
}

Result<void> insert_owner(
    sql::Session& session, OwnerKind kind, const OwnerRow& row, const AuditEntry& audit) {
    const bool is_project = kind == OwnerKind::project;
    std::vector<sql::Value> values{row.org, row.id, row.name, row.created_at};
    if (is_project) {
        values.push_back(sql::or_null(row.team));
    }
    const auto inserted = session.run(
        "INSERT INTO " + table_of(kind) + " (org_id, id, name, created_at" +
            (is_project ? ", team) VALUES ($1, $2, $3, $4, $5)" : ") VALUES ($1, $2, $3, $4)") +
            " ON CONFLICT DO NOTHING",
        std::span<const sql::Value>{values});
    if (!inserted) {
        return inserted.error();
    }
    if (*inserted == 0) {
        return conflict("there is a " + table_of(kind) + " with this id already");
    }
    const auto appended = append_audit(session, audit);
    return appended ? Result<void>{} : Result<void>{appended.error()};
}

Result<void> update_owner(
    sql::Session& session, OwnerKind kind, const OwnerRow& row, const AuditEntry& audit) {
    const bool is_project = kind == OwnerKind::project;
    std::vector<sql::Value> values{row.org, row.id, row.version, row.name};
    if (is_project) {
        values.push_back(sql::or_null(row.team));
    }
    const auto changed = session.run(
        "UPDATE " + table_of(kind) + " SET name = $4, version = version + 1" +
            (is_project ? ", team = $5" : "") + " WHERE org_id = $1 AND id = $2 AND version = $3",
        std::span<const sql::Value>{values});
    return finish(session, kind, row, changed, audit);
}

Result<void> delete_owner(
    sql::Session& session, OwnerKind kind, const OwnerRow& row, const AuditEntry& audit) {
    if (auto unused = check_unused(session, kind, row); !unused) {
        return unused;
    }
    const auto changed = session.run(
        "DELETE FROM " + table_of(kind) + " WHERE org_id = $1 AND id = $2 AND version = $3",
        {row.org, row.id, row.version});
    if (changed && *changed > 0 && kind == OwnerKind::team) {
        if (auto gone = session.run(
                "DELETE FROM membership WHERE org_id = $1 AND team = $2", {row.org, row.id});
            !gone) {
            return gone.error();
        }
    }
    return finish(session, kind, row, changed, audit);
}

}  // namespace pulse::storage
