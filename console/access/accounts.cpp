#include "console/access/accounts.h"

#include "base/rfc3339.h"
#include "base/uuid.h"
#include "console/access/authenticate.h"
#include "console/access/change.h"
#include "storage/tables/access_tokens.h"
#include "storage/tables/console_sessions.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace pulse::console {
namespace {

namespace json = boost::json;
using storage::AuditEntry;
using storage::UserRow;
using storage::sql::Session;
using storage::sql::Transaction;

[[nodiscard]] json::value time_or_null(const std::optional<TimePoint>& time) {
    return time ? json::value(rfc3339_seconds(*time)) : json::value(nullptr);
}

/// Appends the row and ends the transaction.
[[nodiscard]] Result<void> end_change(
    Session& session,
    Transaction& transaction,
    AuditEntry entry,
    std::string_view action,
    std::string_view user) {
    entry.action = action;
    entry.target_kind = "user";
    entry.target_id = user;
    if (auto appended = storage::append_audit(session, entry); !appended) {
        return appended.error();
    }
    return transaction.commit();
}

[[nodiscard]] Result<UserRow> existing_user(
    Session& session, std::string_view org, std::string_view id) {
    auto row = storage::find_user(session, org, id);
    if (!row) {
        return row.error();
    }
    if (!*row) {
        return Error{Errc::not_found, "there is no user with this id"};
    }
    return **std::move(row);
}

/// A role of the whole organisation stands in a team for no more than managing it.
[[nodiscard]] std::vector<storage::TeamMembership> memberships(
    const std::vector<std::string>& teams, Role role) {
    std::vector<storage::TeamMembership> made;
    made.reserve(teams.size());
    for (const std::string& team : teams) {
        made.push_back({team, std::string{to_string(std::min(role, Role::manager))}});
    }
    return made;
}

[[nodiscard]] std::vector<std::string> team_names(const UserRow& user) {
    std::vector<std::string> names;
    for (const storage::TeamMembership& membership : user.teams) {
        names.push_back(membership.team);
    }
    return names;
}

[[nodiscard]] Result<void> end_logins(
    Session& session, const UserRow& user, TimePoint now, std::string_view kept_session) {
    if (auto gone = storage::delete_user_sessions(session, user.org, user.id, kept_session);
        !gone) {
        return gone;
    }
    const auto revoked =
        storage::revoke_user_tokens(session, user.org, user.id, kLoginTokenPrefix, now);
    return revoked ? Result<void>{} : Result<void>{revoked.error()};
}

[[nodiscard]] bool is_working_admin(const UserRow& user) {
    return user.role == to_string(Role::admin) && !user.disabled_at && !user.email.empty();
}

void apply(const UserChange& change, UserRow& user, TimePoint now) {
    user.email = change.email.value_or(user.email);
    user.name = change.name.value_or(user.name);
    user.locale = change.locale.value_or(user.locale);
    const Role before = parse_role(user.role).value_or(Role::user);
    const Role role = change.role.value_or(before);
    if (change.role) {
        user.role = to_string(role);
    }
    if (change.teams || role != before) {
        user.teams = memberships(change.teams.value_or(team_names(user)), role);
    }
    if (change.disabled) {
        user.disabled_at = *change.disabled ? std::optional{user.disabled_at.value_or(now)}
                                            : std::optional<TimePoint>{};
    }
}

}  // namespace

Result<UserWithPassword> create_user(
    Session& session, PasswordHasher& hasher, const NewUser& wanted, const AuditEntry& who) {
    UserWithPassword made;
    if (wanted.password.empty()) {
        made.password = generate_password();
    } else if (auto fit = check_password_rules(wanted.password); !fit) {
        return fit.error();
    }
    auto hash = hasher.hash(wanted.password.empty() ? made.password : wanted.password);
    if (!hash) {
        return hash.error();
    }
    UserRow& user = made.user;
    user.org = who.org;
    user.id = wanted.id.empty() ? UuidGenerator{}.next(who.at).to_string() : wanted.id;
    user.email = wanted.email;
    user.name = wanted.name.empty() ? wanted.email : wanted.name;
    user.role = to_string(wanted.role);
    user.password_hash = *std::move(hash);
    user.locale = wanted.locale;
    user.teams = memberships(wanted.teams, wanted.role);
    user.created_at = who.at;

    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    if (auto inserted = storage::insert_user(session, user); !inserted) {
        return inserted.error();
    }
    AuditEntry entry = who;
    entry.after = json::serialize(user_json(user));
    if (auto ended = end_change(session, *transaction, std::move(entry), "user.create", user.id);
        !ended) {
        return ended.error();
    }
    return made;
}

Result<UserRow> change_user(
    Session& session, std::string_view id, const UserChange& change, const AuditEntry& who) {
    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    auto user = existing_user(session, who.org, id);
    if (!user) {
        return user.error();
    }
    const UserRow before = *user;
    apply(change, *user, who.at);
    if (is_working_admin(before) && !is_working_admin(*user)) {
        const auto admins = storage::count_admins(session, who.org);
        if (!admins) {
            return admins.error();
        }
        if (*admins <= 1) {
            return Error{
                Errc::invalid_request, "this is the last admin; make somebody else one first"}
                .with_param(change.role ? "role" : "disabled");
        }
    }
    if (user_json(before) == user_json(*user)) {
        return user;  // nothing to write, nothing to log
    }
    if (auto updated = storage::update_user(session, *user); !updated) {
        return updated.error();
    }
    if (user->disabled_at && !before.disabled_at) {
        if (auto ended = end_logins(session, *user, who.at, {}); !ended) {
            return ended.error();
        }
    }
    AuditEntry entry = who;
    entry.before = json::serialize(user_json(before));
    entry.after = json::serialize(user_json(*user));
    if (auto ended = end_change(session, *transaction, std::move(entry), "user.update", id);
        !ended) {
        return ended.error();
    }
    return user;
}

Result<UserWithPassword> set_password(
    Session& session,
    PasswordHasher& hasher,
    std::string_view id,
    std::string_view password,
    const AuditEntry& who,
    std::string_view kept_session) {
    UserWithPassword made;
    if (password.empty()) {
        made.password = generate_password();
    } else if (auto fit = check_password_rules(password); !fit) {
        return fit.error();
    }
    auto hash = hasher.hash(password.empty() ? made.password : password);
    if (!hash) {
        return hash.error();
    }
    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    auto user = existing_user(session, who.org, id);
    if (!user) {
        return user.error();
    }
    if (user->email.empty()) {
        return Error{Errc::invalid_request, "this user has no e-mail address to log in with"};
    }
    user->password_hash = *std::move(hash);
    if (auto updated = storage::update_user(session, *user); !updated) {
        return updated.error();
    }
    if (auto ended = end_logins(session, *user, who.at, kept_session); !ended) {
        return ended.error();
    }
    if (auto ended = end_change(session, *transaction, who, "user.set_password", id); !ended) {
        return ended.error();
    }
    made.user = *std::move(user);
    return made;
}

json::object user_json(const UserRow& user) {
    json::array teams;
    for (const storage::TeamMembership& membership : user.teams) {
        teams.emplace_back(membership.team);
    }
    const auto text_or_null = [](const std::string& text) {
        return text.empty() ? json::value(nullptr) : json::value(text);
    };
    return {
        {"id", user.id},
        {"email", text_or_null(user.email)},
        {"name", user.name},
        {"role", text_or_null(user.role)},
        {"locale", text_or_null(user.locale)},
        {"teams", std::move(teams)},
        {"disabled", user.disabled_at.has_value()},
        {"last_login_at", time_or_null(user.last_login_at)},
        {"created_at", rfc3339_seconds(user.created_at)}};
}

}  // namespace pulse::console
