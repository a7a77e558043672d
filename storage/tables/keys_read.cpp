#include "storage/detail/text_list.h"
#include "storage/sql/dialect.h"
#include "storage/tables/detail/where.h"
#include "storage/tables/keys.h"

#include <algorithm>

namespace pulse::storage {
namespace {

using detail::Where;

constexpr std::string_view kSelect =
    "SELECT id, hash, prefix, label, org_id, team, project, \"user\", app, policy, expires_at,"
    " revoked_at, created_at, version, bootstrap, metadata FROM ai_gateway_key";

[[nodiscard]] KeyRow read_key(const sql::Row& row) {
    KeyRow key;
    key.id = row.text(0);
    key.hash_hex = row.text(1);
    key.prefix = row.text(2);
    key.label = row.text(3);
    key.org = row.text(4);
    key.team = row.text(5);
    key.project = row.text(6);
    key.user = row.text(7);
    key.app = row.text(8);
    key.policy_json = row.text(9);
    key.expires_at = row.time_or_none(10);
    key.revoked_at = row.time_or_none(11);
    key.created_at = row.time(12);
    key.version = row.integer(13);
    key.bootstrap = row.boolean(14);
    key.metadata_json = row.text(15);
    return key;
}

[[nodiscard]] std::string selecting(std::string_view rest) {
    return std::string{kSelect}.append(rest);
}

/// A pattern of LIKE for texts that hold `part`, with `\` before what LIKE would read.
[[nodiscard]] std::string containing(std::string_view part) {
    std::string pattern = "%";
    for (const char c : part) {
        if (c == '%' || c == '_' || c == '\\') {
            pattern += '\\';
        }
        pattern += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    }
    return pattern + '%';
}

void add_state(Where& where, KeyState state, TimePoint now) {
    switch (state) {
        case KeyState::any:
            return;
        case KeyState::revoked:
            where.add("revoked_at IS NOT NULL");
            return;
        case KeyState::expired:
            where.add("revoked_at IS NULL AND expires_at <= " + where.value(now));
            return;
        case KeyState::valid:
            where.add(
                "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > " + where.value(now) +
                ")");
            return;
    }
}

}  // namespace

Result<std::vector<KeyRow>> keys(sql::Session& session) {
    return sql::select(session, selecting(" ORDER BY created_at, id"), {}, read_key);
}

Result<std::optional<KeyRow>> key(sql::Session& session, std::string_view id) {
    return sql::select_one(session, selecting(" WHERE id = $1"), {id}, read_key);
}

Result<std::optional<KeyRow>> find_key_by_hash(sql::Session& session, std::string_view hash_hex) {
    return sql::select_one(session, selecting(" WHERE hash = $1"), {hash_hex}, read_key);
}

Result<std::vector<KeyRow>> list_keys(
    sql::Session& session, const KeyFilter& filter, TimePoint now) {
    Where where;
    where.equal("org_id", filter.org);
    if (filter.teams) {
        where.add(
            "team IN " +
            sql::texts_of(session.engine(), where.value(detail::text_list(*filter.teams))));
    }
    where.equal("team", filter.team);
    where.equal("project", filter.project);
    where.equal("\"user\"", filter.user);
    where.equal("app", filter.app);
    if (!filter.label.empty()) {
        where.add("lower(label) LIKE " + where.value(containing(filter.label)) + " ESCAPE '\\'");
    }
    add_state(where, filter.state, now);
    if (!filter.after.empty()) {
        where.add("id > " + where.value(filter.after));
    }
    const std::string limit = where.value(filter.limit);
    return sql::select(
        session, selecting(where.text() + " ORDER BY id LIMIT " + limit), where.values(), read_key);
}

}  // namespace pulse::storage
