#include "storage/tables/access_tokens.h"

namespace pulse::storage {
namespace {

constexpr std::string_view kInsert =
    "INSERT INTO access_token (id, hash, prefix, label, org_id, user_id, role, created_at,"
    " expires_at, revoked_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
constexpr std::string_view kSelect =
    "SELECT id, hash, prefix, label, org_id, user_id, role, created_at, expires_at, revoked_at,"
    " used_at FROM access_token";
constexpr std::string_view kCount =
    "SELECT count(*) FROM access_token WHERE org_id = $1 AND user_id = $2 AND revoked_at IS NULL"
    " AND (expires_at IS NULL OR expires_at > $3)";
constexpr std::string_view kTouch = "UPDATE access_token SET used_at = $2 WHERE id = $1";
constexpr std::string_view kRevoke =
    "UPDATE access_token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
constexpr std::string_view kRevokeOfUser =
    "UPDATE access_token SET revoked_at = $4 WHERE org_id = $1 AND user_id = $2 AND prefix = $3"
    " AND revoked_at IS NULL";
constexpr std::string_view kPurge =
    "DELETE FROM access_token WHERE prefix = $1 AND expires_at < $2";

[[nodiscard]] AccessTokenRow read_token(const sql::Row& row) {
    AccessTokenRow token;
    token.id = row.owned(0);
    token.hash = row.owned(1);
    token.prefix = row.owned(2);
    token.label = row.owned(3);
    token.org = row.owned(4);
    token.user = row.owned(5);
    token.role = row.owned(6);
    token.created_at = row.time(7);
    token.expires_at = row.time_or_none(8);
    token.revoked_at = row.time_or_none(9);
    token.used_at = row.time_or_none(10);
    return token;
}

[[nodiscard]] std::string selecting(std::string_view rest) {
    return std::string{kSelect}.append(rest);
}

}  // namespace

Result<void> insert_access_token(sql::Session& session, const AccessTokenRow& row) {
    const auto added = session.run(
        kInsert,
        {row.id,
         row.hash,
         row.prefix,
         row.label,
         row.org,
         row.user,
         sql::or_null(row.role),
         row.created_at,
         row.expires_at,
         row.revoked_at,
         row.used_at});
    return added ? Result<void>{} : Result<void>{added.error()};
}

Result<std::optional<AccessTokenRow>> find_access_token(
    sql::Session& session, std::string_view id) {
    return sql::select_one(session, selecting(" WHERE id = $1"), {id}, read_token);
}

Result<std::optional<AccessTokenRow>> find_access_token_by_hash(
    sql::Session& session, std::string_view hash) {
    return sql::select_one(session, selecting(" WHERE hash = $1"), {hash}, read_token);
}

Result<std::vector<AccessTokenRow>> list_access_tokens(
    sql::Session& session,
    std::string_view org,
    std::string_view user,
    std::string_view before,
    std::int64_t limit) {
    // Ids are of version 7: their order is that of time.
    if (before.empty()) {
        return sql::select(
            session,
            selecting(" WHERE org_id = $1 AND user_id = $2 ORDER BY id DESC LIMIT $3"),
            {org, user, limit},
            read_token);
    }
    return sql::select(
        session,
        selecting(" WHERE org_id = $1 AND user_id = $2 AND id < $3 ORDER BY id DESC LIMIT $4"),
        {org, user, before, limit},
        read_token);
}

Result<std::int64_t> count_access_tokens(
    sql::Session& session, std::string_view org, std::string_view user, TimePoint now) {
    const auto count = sql::select_one(
        session, kCount, {org, user, now}, [](const sql::Row& row) { return row.integer(0); });
    if (!count) {
        return count.error();
    }
    return count->value_or(0);
}

Result<void> touch_access_token(sql::Session& session, std::string_view id, TimePoint now) {
    const auto touched = session.run(kTouch, {id, now});
    return touched ? Result<void>{} : Result<void>{touched.error()};
}

Result<bool> revoke_access_token(sql::Session& session, std::string_view id, TimePoint now) {
    const auto revoked = session.run(kRevoke, {id, now});
    if (!revoked) {
        return revoked.error();
    }
    return *revoked > 0;
}

Result<std::int64_t> revoke_user_tokens(
    sql::Session& session,
    std::string_view org,
    std::string_view user,
    std::string_view prefix,
    TimePoint now) {
    return session.run(kRevokeOfUser, {org, user, prefix, now});
}

Result<std::int64_t> purge_access_tokens(
    sql::Session& session, std::string_view prefix, TimePoint ended_before) {
    return session.run(kPurge, {prefix, ended_before});
}

}  // namespace pulse::storage
