#include "console/admin/owners.h"

#include "base/rfc3339.h"
#include "console/access/change.h"
#include "storage/tables/conflict.h"
#include "storage/tables/memberships.h"
#include "storage/tables/users.h"

#include <boost/json/serialize.hpp>

namespace pulse::console {
namespace {

namespace json = boost::json;
using storage::AuditEntry;
using storage::OwnerKind;
using storage::OwnerRow;
using storage::sql::Session;

[[nodiscard]] AuditEntry entry_of(
    const AuditEntry& who, OwnerKind kind, std::string_view what, std::string_view id) {
    AuditEntry entry = who;
    entry.target_kind = to_string(kind);
    entry.action = entry.target_kind;
    entry.action.append(".").append(what);
    entry.target_id = id;
    return entry;
}

[[nodiscard]] std::string shown(OwnerKind kind, const OwnerRow& row) {
    return json::serialize(owner_json(kind, row));
}

/// A team is within reach by itself, a project by its team.
[[nodiscard]] bool is_within(const Reach& reach, OwnerKind kind, const OwnerRow& row) {
    return reach.has_team(kind == OwnerKind::team ? row.id : row.team);
}

[[nodiscard]] Result<void> check_team(Session& session, const OwnerRow& row) {
    if (row.team.empty()) {
        return {};
    }
    const auto team = storage::find_owner(session, OwnerKind::team, row.org, row.team);
    if (!team) {
        return team.error();
    }
    if (!*team) {
        return Error{Errc::invalid_request, "`team`: there is no team `" + row.team + "`"}
            .with_param("team");
    }
    return {};
}

[[nodiscard]] Result<void> check_within(const Reach& reach, OwnerKind kind, const OwnerRow& row) {
    if (is_within(reach, kind, row)) {
        return {};
    }
    return Error{
        Errc::forbidden,
        "a manager's projects are of one of their teams: name one of yours in `team`"};
}

[[nodiscard]] Result<OwnerRow> versioned(
    Session& session,
    OwnerKind kind,
    std::string_view id,
    std::optional<std::int64_t> version,
    const AuditEntry& who,
    const Reach& reach) {
    auto row = get_owner(session, kind, who.org, id, reach);
    if (row && version && *version != row->version) {
        return storage::changed_meanwhile("the " + std::string{to_string(kind)});
    }
    return row;
}

}  // namespace

json::object owner_json(OwnerKind kind, const OwnerRow& row) {
    json::object out{
        {"id", row.id},
        {"name", row.name},
        {"version", row.version},
        {"created_at", rfc3339_seconds(row.created_at)}};
    if (kind == OwnerKind::project) {
        out["team"] = row.team.empty() ? json::value(nullptr) : json::value(row.team);
    }
    return out;
}

Result<OwnerRow> get_owner(
    Session& session,
    OwnerKind kind,
    std::string_view org,
    std::string_view id,
    const Reach& reach) {
    auto row = storage::find_owner(session, kind, org, id);
    if (!row) {
        return row.error();
    }
    if (!*row || !is_within(reach, kind, **row)) {
        return Error{
            Errc::not_found,
            "there is no " + std::string{to_string(kind)} + " with this id among those you see"};
    }
    return **std::move(row);
}

Result<OwnerRow> create_owner(
    Session& session,
    OwnerKind kind,
    std::string_view id,
    const OwnerFields& fields,
    const AuditEntry& who,
    const Reach& reach) {
    OwnerRow row;
    row.org = who.org;
    row.id = id;
    row.name = fields.name.value_or(row.id);
    row.team = fields.team.value_or(std::string{});
    row.created_at = who.at;
    if (auto within = check_within(reach, kind, row); !within) {
        return within.error();
    }
    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    if (auto fit = check_team(session, row); !fit) {
        return fit.error();
    }
    AuditEntry entry = entry_of(who, kind, "create", row.id);
    entry.after = shown(kind, row);
    if (auto inserted = storage::insert_owner(session, kind, row, entry); !inserted) {
        return inserted.error();
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    return row;
}

Result<OwnerRow> change_owner(
    Session& session,
    OwnerKind kind,
    std::string_view id,
    std::optional<std::int64_t> version,
    const OwnerFields& fields,
    const AuditEntry& who,
    const Reach& reach) {
    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    auto row = versioned(session, kind, id, version, who, reach);
    if (!row) {
        return row.error();
    }
    AuditEntry entry = entry_of(who, kind, "update", row->id);
    entry.before = shown(kind, *row);
    row->name = fields.name.value_or(row->name);
    row->team = fields.team.value_or(row->team);
    if (shown(kind, *row) == entry.before) {
        return *row;
    }
    if (auto within = check_within(reach, kind, *row); !within) {
        return within.error();
    }
    if (auto fit = check_team(session, *row); !fit) {
        return fit.error();
    }
    OwnerRow after = *row;
    ++after.version;
    entry.after = shown(kind, after);
    if (auto updated = storage::update_owner(session, kind, *row, entry); !updated) {
        return updated.error();
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    return after;
}

Result<void> delete_owner(
    Session& session,
    OwnerKind kind,
    std::string_view id,
    std::optional<std::int64_t> version,
    const AuditEntry& who,
    const Reach& reach) {
    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    const auto row = versioned(session, kind, id, version, who, reach);
    if (!row) {
        return row.error();
    }
    AuditEntry entry = entry_of(who, kind, "delete", row->id);
    entry.before = shown(kind, *row);
    if (auto deleted = storage::delete_owner(session, kind, *row, entry); !deleted) {
        return deleted;
    }
    return transaction->commit();
}

Result<void> put_member(
    Session& session,
    std::string_view team,
    std::string_view user,
    std::string_view role,
    const AuditEntry& who,
    const Reach& reach) {
    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    const auto row = get_owner(session, OwnerKind::team, who.org, team, reach);
    if (!row) {
        return row.error();
    }
    const auto member = storage::find_user(session, who.org, user);
    if (!member) {
        return member.error();
    }
    if (!*member) {
        return Error{Errc::not_found, "there is no user with this id"};
    }
    if (auto put = storage::put_member(session, who.org, team, user, role, who.at); !put) {
        return put;
    }
    AuditEntry entry = entry_of(who, OwnerKind::team, "put_member", team);
    entry.after = json::serialize(json::object{{"user", user}, {"role", role}});
    if (auto appended = storage::append_audit(session, entry); !appended) {
        return appended.error();
    }
    return transaction->commit();
}

Result<void> remove_member(
    Session& session,
    std::string_view team,
    std::string_view user,
    const AuditEntry& who,
    const Reach& reach) {
    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    const auto row = get_owner(session, OwnerKind::team, who.org, team, reach);
    if (!row) {
        return row.error();
    }
    const auto removed = storage::remove_member(session, who.org, team, user);
    if (!removed) {
        return removed.error();
    }
    if (!*removed) {
        return Error{Errc::not_found, "this user is not in the team"};
    }
    AuditEntry entry = entry_of(who, OwnerKind::team, "remove_member", team);
    entry.before = json::serialize(json::object{{"user", user}});
    if (auto appended = storage::append_audit(session, entry); !appended) {
        return appended.error();
    }
    return transaction->commit();
}

}  // namespace pulse::console
