#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "console/access/email.h"
#include "console/access/password.h"
#include "console/access/role.h"
#include "storage/sql/session.h"
#include "storage/tables/audit.h"
#include "storage/tables/users.h"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the API, the command line and the configuration do to users, each in one transaction with
// its row of the audit log. `who` is an audit entry with time, organisation, actor and address.

namespace pulse::console {

inline constexpr std::string_view kDefaultOrg = "default";

struct NewUser {
    std::string id = {};  ///< empty: one is made
    std::string email = {};
    std::string name = {};
    Role role = Role::user;
    std::string locale = {};
    std::vector<std::string> teams = {};
    std::string password = {};  ///< empty: one is made
};

struct UserWithPassword {
    storage::UserRow user;
    std::string password;  ///< that was made; empty where it was given
};

/// Errors: invalid_request: `password` (its rules), `email` and `id` (taken); overloaded;
/// storage_unavailable.
[[nodiscard]] Result<UserWithPassword> create_user(
    storage::sql::Session& session,
    PasswordHasher& hasher,
    const NewUser& wanted,
    const storage::AuditEntry& who);

/// What is given is changed.
struct UserChange {
    std::optional<std::string> email;
    std::optional<std::string> name;
    std::optional<Role> role;
    std::optional<std::string> locale;
    std::optional<std::vector<std::string>> teams;
    std::optional<bool> disabled;
};

/// A user that is disabled loses sessions and login tokens. Errors: not_found; invalid_request:
/// `email` (taken), `role` and `disabled` (nobody would be admin any more); storage_unavailable.
[[nodiscard]] Result<storage::UserRow> change_user(
    storage::sql::Session& session,
    std::string_view id,
    const UserChange& change,
    const storage::AuditEntry& who);

/// Sets a password, or makes one where it is empty, and ends the user's sessions (but
/// `kept_session`, a hash) and login tokens. Errors: as create_user(), not_found.
[[nodiscard]] Result<UserWithPassword> set_password(
    storage::sql::Session& session,
    PasswordHasher& hasher,
    std::string_view id,
    std::string_view password,
    const storage::AuditEntry& who,
    std::string_view kept_session = {});

/// As the API and the audit log show it.
[[nodiscard]] boost::json::object user_json(const storage::UserRow& user);

}  // namespace pulse::console
