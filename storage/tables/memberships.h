#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "storage/sql/session.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage {

/// Somebody in a team.
struct TeamMember {
    std::string user;
    std::string name;
    std::string email;  ///< empty: no login
    std::string role;   ///< in this team
    TimePoint since;
};

/// By the users' ids, behind `after`. Errors here and below: storage_unavailable.
[[nodiscard]] Result<std::vector<TeamMember>> list_members(
    sql::Session& session,
    std::string_view org,
    std::string_view team,
    std::string_view after,
    std::int64_t limit);

/// Puts a user into a team, or gives them another role in it; within the caller's transaction.
/// Errors: invalid_request where there is no such user.
[[nodiscard]] Result<void> put_member(
    sql::Session& session,
    std::string_view org,
    std::string_view team,
    std::string_view user,
    std::string_view role,
    TimePoint now);
/// False where the user is not in the team; within the caller's transaction.
[[nodiscard]] Result<bool> remove_member(
    sql::Session& session, std::string_view org, std::string_view team, std::string_view user);

}  // namespace pulse::storage
