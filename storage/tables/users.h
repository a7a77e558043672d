#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "storage/sql/session.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage {

/// A user's place in one team.
struct TeamMembership {
    std::string team;
    std::string role;
    friend bool operator==(const TeamMembership&, const TeamMembership&) = default;
};

/// Somebody of an organisation: who costs are attributed to and, with an e-mail address and a role,
/// who may use the console.
struct UserRow {
    std::string org;
    std::string id;
    std::string name;
    std::string email;          ///< lower case, unique in the installation; empty: no login
    std::string role;           ///< admin | finance | manager | user; empty: no login
    std::string password_hash;  ///< argon2id, PHC form; empty: no login with a password
    std::string locale;
    std::vector<TeamMembership> teams;  ///< ascending by team
    std::optional<TimePoint> disabled_at;
    std::optional<TimePoint> last_login_at;
    TimePoint created_at;
};

/// Errors of all of these: storage_unavailable.
[[nodiscard]] Result<std::optional<UserRow>> find_user(
    sql::Session& session, std::string_view org, std::string_view id);
[[nodiscard]] Result<std::optional<UserRow>> find_user_by_email(
    sql::Session& session, std::string_view email);

/// At most `limit` users with an id behind `after`, in the order of their ids.
[[nodiscard]] Result<std::vector<UserRow>> list_users(
    sql::Session& session, std::string_view org, std::string_view after, std::int64_t limit);

/// Adds a user, with organisation, teams and memberships; within the caller's transaction. One that
/// is known from attribution alone (no e-mail address) becomes this one. Errors: invalid_request
/// when id or e-mail address are taken.
[[nodiscard]] Result<void> insert_user(sql::Session& session, const UserRow& row);

/// Replaces all but org, id, created_at; within the caller's transaction. Errors: not_found,
/// invalid_request when the e-mail address is taken.
[[nodiscard]] Result<void> update_user(sql::Session& session, const UserRow& row);

[[nodiscard]] Result<void> note_login(
    sql::Session& session, std::string_view org, std::string_view id, TimePoint now);

/// The ids of the virtual keys that are a user's.
[[nodiscard]] Result<std::vector<std::string>> key_ids_of_user(
    sql::Session& session, std::string_view org, std::string_view user);

/// Admins of the organisation who can log in (not disabled).
[[nodiscard]] Result<std::int64_t> count_admins(sql::Session& session, std::string_view org);

}  // namespace pulse::storage
