#include "storage/tables/memberships.h"

namespace pulse::storage {
namespace {

constexpr std::string_view kSelect =
    "SELECT m.user_id, u.name, u.email, m.role, m.created_at FROM membership m JOIN app_user u"
    " ON u.org_id = m.org_id AND u.id = m.user_id"
    " WHERE m.org_id = $1 AND m.team = $2 AND m.user_id > $3 ORDER BY m.user_id LIMIT $4";
constexpr std::string_view kPut =
    "INSERT INTO membership (org_id, user_id, team, role, created_at) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (org_id, user_id, team) DO UPDATE SET role = excluded.role";
constexpr std::string_view kRemove =
    "DELETE FROM membership WHERE org_id = $1 AND user_id = $2 AND team = $3";

}  // namespace

Result<std::vector<TeamMember>> list_members(
    sql::Session& session,
    std::string_view org,
    std::string_view team,
    std::string_view after,
    std::int64_t limit) {
    return sql::select(session, kSelect, {org, team, after, limit}, [](const sql::Row& row) {
        return TeamMember{row.owned(0), row.owned(1), row.owned(2), row.owned(3), row.time(4)};
    });
}

Result<void> put_member(
    sql::Session& session,
    std::string_view org,
    std::string_view team,
    std::string_view user,
    std::string_view role,
    TimePoint now) {
    const auto put = session.run(kPut, {org, user, team, role, now});
    return put ? Result<void>{} : Result<void>{put.error()};
}

Result<bool> remove_member(
    sql::Session& session, std::string_view org, std::string_view team, std::string_view user) {
    const auto removed = session.run(kRemove, {org, user, team});
    if (!removed) {
        return removed.error();
    }
    return *removed > 0;
}

}  // namespace pulse::storage
