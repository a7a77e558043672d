#include "storage/tables/console_sessions.h"

namespace pulse::storage {
namespace {

constexpr std::string_view kInsert =
    "INSERT INTO console_session (hash, csrf_hash, org_id, user_id, created_at, expires_at,"
    " seen_at, address, user_agent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
constexpr std::string_view kSelect =
    "SELECT hash, csrf_hash, org_id, user_id, created_at, expires_at, seen_at, address, user_agent"
    " FROM console_session WHERE hash = $1";
constexpr std::string_view kTouch = "UPDATE console_session SET seen_at = $2 WHERE hash = $1";
constexpr std::string_view kDelete = "DELETE FROM console_session WHERE hash = $1";
constexpr std::string_view kDeleteOfUser =
    "DELETE FROM console_session WHERE org_id = $1 AND user_id = $2 AND hash <> $3";
constexpr std::string_view kPurge =
    "DELETE FROM console_session WHERE expires_at <= $1 OR seen_at <= $2";

[[nodiscard]] Result<void> without_count(const Result<std::int64_t>& done) {
    return done ? Result<void>{} : Result<void>{done.error()};
}

}  // namespace

Result<void> insert_console_session(sql::Session& session, const ConsoleSessionRow& row) {
    return without_count(session.run(
        kInsert,
        {row.hash,
         row.csrf_hash,
         row.org,
         row.user,
         row.created_at,
         row.expires_at,
         row.seen_at,
         sql::or_null(row.address),
         sql::or_null(row.user_agent)}));
}

Result<std::optional<ConsoleSessionRow>> find_console_session(
    sql::Session& session, std::string_view hash) {
    return sql::select_one(session, kSelect, {hash}, [](const sql::Row& row) {
        ConsoleSessionRow found;
        found.hash = row.owned(0);
        found.csrf_hash = row.owned(1);
        found.org = row.owned(2);
        found.user = row.owned(3);
        found.created_at = row.time(4);
        found.expires_at = row.time(5);
        found.seen_at = row.time(6);
        found.address = row.owned(7);
        found.user_agent = row.owned(8);
        return found;
    });
}

Result<void> touch_console_session(sql::Session& session, std::string_view hash, TimePoint now) {
    return without_count(session.run(kTouch, {hash, now}));
}

Result<void> delete_console_session(sql::Session& session, std::string_view hash) {
    return without_count(session.run(kDelete, {hash}));
}

Result<void> delete_user_sessions(
    sql::Session& session, std::string_view org, std::string_view user, std::string_view kept) {
    return without_count(session.run(kDeleteOfUser, {org, user, kept}));
}

Result<std::int64_t> purge_console_sessions(
    sql::Session& session, TimePoint now, TimePoint idle_since) {
    return session.run(kPurge, {now, idle_since});
}

}  // namespace pulse::storage
