#include "storage/tables/users.h"

#include <algorithm>
#include <iterator>

namespace pulse::storage {
namespace {

constexpr std::string_view kSelect =
    "SELECT u.org_id, u.id, u.name, u.email, m.role, u.password_hash, u.locale, u.disabled_at,"
    " u.last_login_at, u.created_at FROM app_user u LEFT JOIN membership m"
    " ON m.org_id = u.org_id AND m.user_id = u.id AND m.team = ''";

constexpr std::string_view kSelectTeams =
    "SELECT user_id, team, role FROM membership"
    " WHERE org_id = $1 AND user_id >= $2 AND user_id <= $3 AND team <> '' ORDER BY user_id, team";

constexpr std::string_view kEnsureOrganization =
    "INSERT INTO organization (id, name, created_at) VALUES ($1, $1, $2) ON CONFLICT DO NOTHING";
constexpr std::string_view kEnsureTeam =
    "INSERT INTO team (org_id, id, name, created_at) VALUES ($1, $2, $2, $3)"
    " ON CONFLICT DO NOTHING";

constexpr std::string_view kInsert =
    "INSERT INTO app_user (org_id, id, name, email, password_hash, locale, disabled_at,"
    " last_login_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    " ON CONFLICT DO NOTHING";
constexpr std::string_view kUpdate =
    "UPDATE app_user SET name = $3, email = $4, password_hash = $5, locale = $6, disabled_at = $7,"
    " last_login_at = $8 WHERE org_id = $1 AND id = $2";
/// One that a key or a row named before somebody gave it a login.
constexpr std::string_view kWithoutLogin = " AND email IS NULL";
constexpr std::string_view kEmailTaken =
    "SELECT count(*) FROM app_user WHERE email = $1 AND NOT (org_id = $2 AND id = $3)";

constexpr std::string_view kDeleteMemberships =
    "DELETE FROM membership WHERE org_id = $1 AND user_id = $2";
constexpr std::string_view kInsertMembership =
    "INSERT INTO membership (org_id, user_id, team, role, created_at)"
    " VALUES ($1, $2, $3, $4, $5)";

constexpr std::string_view kNoteLogin =
    "UPDATE app_user SET last_login_at = $3 WHERE org_id = $1 AND id = $2";
constexpr std::string_view kSelectKeyIds =
    "SELECT id FROM ai_gateway_key WHERE org_id = $1 AND \"user\" = $2 ORDER BY id LIMIT 900";
constexpr std::string_view kCountAdmins =
    "SELECT count(*) FROM app_user u JOIN membership m"
    " ON m.org_id = u.org_id AND m.user_id = u.id AND m.team = ''"
    " WHERE u.org_id = $1 AND m.role = 'admin' AND u.disabled_at IS NULL AND u.email IS NOT NULL";

[[nodiscard]] UserRow read_user(const sql::Row& row) {
    UserRow user;
    user.org = row.owned(0);
    user.id = row.owned(1);
    user.name = row.owned(2);
    user.email = row.owned(3);
    user.role = row.owned(4);
    user.password_hash = row.owned(5);
    user.locale = row.owned(6);
    user.disabled_at = row.time_or_none(7);
    user.last_login_at = row.time_or_none(8);
    user.created_at = row.time(9);
    return user;
}

/// `users` ascending by id, all of one organisation.
[[nodiscard]] Result<void> add_teams(sql::Session& session, std::vector<UserRow>& users) {
    if (users.empty()) {
        return {};
    }
    auto user = users.begin();
    return session.each(
        kSelectTeams,
        {users.front().org, users.front().id, users.back().id},
        [&](const sql::Row& row) {
            const auto found = std::find_if(
                user, users.end(), [&](const UserRow& one) { return one.id == row.text(0); });
            if (found != users.end()) {
                user = found;
                user->teams.push_back({row.owned(1), row.owned(2)});
            }
        });
}

[[nodiscard]] Result<std::optional<UserRow>> find_one(
    sql::Session& session,
    std::string_view condition,
    std::initializer_list<sql::Value> parameters) {
    auto found =
        sql::select(session, std::string{kSelect}.append(condition), parameters, read_user);
    if (!found) {
        return found.error();
    }
    if (auto teams = add_teams(session, *found); !teams) {
        return teams.error();
    }
    return found->empty() ? std::optional<UserRow>{} : std::optional{std::move(found->front())};
}

[[nodiscard]] Result<void> check_email_is_free(sql::Session& session, const UserRow& row) {
    const auto taken = sql::select_one(
        session, kEmailTaken, {row.email, row.org, row.id}, [](const sql::Row& count) {
            return count.integer(0);
        });
    if (!taken) {
        return taken.error();
    }
    if (taken->value_or(0) > 0) {
        return Error{Errc::invalid_request, "there is a user with this e-mail address already"}
            .with_param("email");
    }
    return {};
}

[[nodiscard]] Result<void> write_memberships(sql::Session& session, const UserRow& row) {
    if (auto gone = session.run(kDeleteMemberships, {row.org, row.id}); !gone) {
        return gone.error();
    }
    std::vector<TeamMembership> all = row.teams;
    if (!row.role.empty()) {
        all.push_back({"", row.role});
    }
    for (const TeamMembership& membership : all) {
        if (!membership.team.empty()) {
            if (auto made = session.run(kEnsureTeam, {row.org, membership.team, row.created_at});
                !made) {
                return made.error();
            }
        }
        if (auto added = session.run(
                kInsertMembership,
                {row.org, row.id, membership.team, membership.role, row.created_at});
            !added) {
            return added.error();
        }
    }
    return {};
}

/// How many rows it changed. Errors: as Session::run().
[[nodiscard]] Result<std::int64_t> update(
    sql::Session& session, std::string_view statement, const UserRow& row) {
    return session.run(
        statement,
        {row.org,
         row.id,
         row.name,
         sql::or_null(row.email),
         sql::or_null(row.password_hash),
         sql::or_null(row.locale),
         row.disabled_at,
         row.last_login_at});
}

}  // namespace

Result<std::optional<UserRow>> find_user(
    sql::Session& session, std::string_view org, std::string_view id) {
    return find_one(session, " WHERE u.org_id = $1 AND u.id = $2", {org, id});
}

Result<std::optional<UserRow>> find_user_by_email(sql::Session& session, std::string_view email) {
    return find_one(session, " WHERE u.email = $1", {email});
}

Result<std::vector<UserRow>> list_users(
    sql::Session& session, std::string_view org, std::string_view after, std::int64_t limit) {
    auto users = sql::select(
        session,
        std::string{kSelect}.append(" WHERE u.org_id = $1 AND u.id > $2 ORDER BY u.id LIMIT $3"),
        {org, after, limit},
        read_user);
    if (!users) {
        return users.error();
    }
    if (auto teams = add_teams(session, *users); !teams) {
        return teams.error();
    }
    return users;
}

Result<void> insert_user(sql::Session& session, const UserRow& row) {
    if (auto is_free = check_email_is_free(session, row); !is_free) {
        return is_free;
    }
    if (auto made = session.run(kEnsureOrganization, {row.org, row.created_at}); !made) {
        return made.error();
    }
    const auto inserted = session.run(
        kInsert,
        {row.org,
         row.id,
         row.name,
         sql::or_null(row.email),
         sql::or_null(row.password_hash),
         sql::or_null(row.locale),
         row.disabled_at,
         row.last_login_at,
         row.created_at});
    if (!inserted) {
        return inserted.error();
    }
    if (*inserted == 0) {
        const auto adopted = update(session, std::string{kUpdate}.append(kWithoutLogin), row);
        if (!adopted) {
            return adopted.error();
        }
        if (*adopted == 0) {
            return Error{Errc::invalid_request, "there is a user with this id already"}.with_param(
                "id");
        }
    }
    return write_memberships(session, row);
}

Result<void> update_user(sql::Session& session, const UserRow& row) {
    if (auto is_free = check_email_is_free(session, row); !is_free) {
        return is_free;
    }
    const auto changed = update(session, kUpdate, row);
    if (!changed) {
        return changed.error();
    }
    if (*changed == 0) {
        return Error{Errc::not_found, "there is no user " + row.id};
    }
    return write_memberships(session, row);
}

Result<void> note_login(
    sql::Session& session, std::string_view org, std::string_view id, TimePoint now) {
    const auto noted = session.run(kNoteLogin, {org, id, now});
    return noted ? Result<void>{} : Result<void>{noted.error()};
}

Result<std::vector<std::string>> key_ids_of_user(
    sql::Session& session, std::string_view org, std::string_view user) {
    return sql::select(
        session, kSelectKeyIds, {org, user}, [](const sql::Row& row) { return row.owned(0); });
}

Result<std::int64_t> count_admins(sql::Session& session, std::string_view org) {
    const auto count = sql::select_one(
        session, kCountAdmins, {org}, [](const sql::Row& row) { return row.integer(0); });
    if (!count) {
        return count.error();
    }
    return count->value_or(0);
}

}  // namespace pulse::storage
