#include "storage/tables/keys.h"

namespace pulse::storage {
namespace {

using sql::or_null;

constexpr std::string_view kDefaultOrg = "default";

constexpr std::string_view kSelectKeys =
    "SELECT id, hash, prefix, label, org_id, team, project, \"user\", app, policy, expires_at,"
    " revoked_at, created_at, version, bootstrap FROM ai_gateway_key ORDER BY created_at, id";
constexpr std::string_view kSelectKey =
    "SELECT id, hash, prefix, label, org_id, team, project, \"user\", app, policy, expires_at,"
    " revoked_at, created_at, version, bootstrap FROM ai_gateway_key WHERE id = $1";
constexpr std::string_view kInsertKey =
    "INSERT INTO ai_gateway_key (id, hash, prefix, label, org_id, team, project, \"user\", app,"
    " policy, expires_at, revoked_at, created_at, version, bootstrap)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
/// For a key of the configuration: one that is there stays as it is.
constexpr std::string_view kInsertBootstrapKey =
    "INSERT INTO ai_gateway_key (id, hash, prefix, label, org_id, team, project, \"user\", app,"
    " policy, expires_at, revoked_at, created_at, version, bootstrap)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"
    " ON CONFLICT DO NOTHING";
constexpr std::string_view kUpdateKey =
    "UPDATE ai_gateway_key SET hash = $2, prefix = $3, label = $4, org_id = $5, team = $6,"
    " project = $7, \"user\" = $8, app = $9, policy = $10, expires_at = $11, revoked_at = $12,"
    " bootstrap = $13, version = version + 1 WHERE id = $1";

constexpr std::string_view kEnsureOrganization =
    "INSERT INTO organization (id, name, created_at) VALUES ($1, $1, $2) ON CONFLICT DO NOTHING";
constexpr std::string_view kEnsureTeam =
    "INSERT INTO team (org_id, id, name, created_at) VALUES ($1, $2, $2, $3)"
    " ON CONFLICT DO NOTHING";
constexpr std::string_view kEnsureProject =
    "INSERT INTO project (org_id, id, name, created_at) VALUES ($1, $2, $2, $3)"
    " ON CONFLICT DO NOTHING";
constexpr std::string_view kEnsureUser =
    "INSERT INTO app_user (org_id, id, name, created_at) VALUES ($1, $2, $2, $3)"
    " ON CONFLICT DO NOTHING";

constexpr std::string_view kSelectVersion =
    "SELECT version FROM settings_version WHERE name = 'keys'";
constexpr std::string_view kBumpVersion =
    "UPDATE settings_version SET version = version + 1 WHERE name = 'keys'";

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
    return key;
}

[[nodiscard]] std::string_view org_of(const KeyRow& key) {
    return key.org.empty() ? kDefaultOrg : std::string_view{key.org};
}

/// Makes what the key's foreign keys point to.
[[nodiscard]] Result<void> ensure_owners(sql::Session& session, const KeyRow& key) {
    if (auto made = session.run(kEnsureOrganization, {org_of(key), key.created_at}); !made) {
        return made.error();
    }
    const struct {
        std::string_view statement;
        const std::string& id;
    } owners[] = {{kEnsureTeam, key.team}, {kEnsureProject, key.project}, {kEnsureUser, key.user}};
    for (const auto& owner : owners) {
        if (owner.id.empty()) {
            continue;
        }
        if (auto made = session.run(owner.statement, {org_of(key), owner.id, key.created_at});
            !made) {
            return made.error();
        }
    }
    return {};
}

[[nodiscard]] Result<std::int64_t> write_new(sql::Session& session, const KeyRow& key) {
    return session.run(
        key.bootstrap ? kInsertBootstrapKey : kInsertKey,
        {key.id,
         key.hash_hex,
         key.prefix,
         key.label,
         org_of(key),
         or_null(key.team),
         or_null(key.project),
         or_null(key.user),
         or_null(key.app),
         key.policy_json,
         key.expires_at,
         key.revoked_at,
         key.created_at,
         key.version,
         key.bootstrap});
}

[[nodiscard]] Result<std::int64_t> write_changed(sql::Session& session, const KeyRow& key) {
    return session.run(
        kUpdateKey,
        {key.id,
         key.hash_hex,
         key.prefix,
         key.label,
         org_of(key),
         or_null(key.team),
         or_null(key.project),
         or_null(key.user),
         or_null(key.app),
         key.policy_json,
         key.expires_at,
         key.revoked_at,
         key.bootstrap});
}

/// One transaction of a key; how many rows `write` changed. With none, nothing is.
template <class Write>
[[nodiscard]] Result<std::int64_t> change(
    sql::Session& session, const KeyRow& key, const AuditEntry* audit, const Write& write) {
    Result<sql::Transaction> transaction = sql::Transaction::begin(session);
    if (!transaction) {
        return transaction.error();
    }
    if (auto ensured = ensure_owners(session, key); !ensured) {
        return ensured.error();
    }
    const Result<std::int64_t> changed = write(session, key);
    if (!changed || *changed == 0) {
        return changed;
    }
    if (audit != nullptr) {
        if (auto appended = append_audit(session, *audit); !appended) {
            return appended.error();
        }
    }
    if (auto bumped = session.run(kBumpVersion, {}); !bumped) {
        return bumped.error();
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    return changed;
}

}  // namespace

Result<std::int64_t> keys_version(sql::Session& session) {
    const auto version = sql::select_one(
        session, kSelectVersion, {}, [](const sql::Row& row) { return row.integer(0); });
    if (!version) {
        return version.error();
    }
    return version->value_or(0);
}

Result<std::vector<KeyRow>> keys(sql::Session& session) {
    return sql::select(session, kSelectKeys, {}, read_key);
}

Result<std::optional<KeyRow>> key(sql::Session& session, std::string_view id) {
    return sql::select_one(session, kSelectKey, {id}, read_key);
}

Result<void> insert_key(sql::Session& session, const KeyRow& row, const AuditEntry* audit) {
    const Result<std::int64_t> inserted = change(session, row, audit, write_new);
    return inserted ? Result<void>{} : Result<void>{inserted.error()};
}

Result<void> update_key(sql::Session& session, const KeyRow& row, const AuditEntry* audit) {
    const Result<std::int64_t> updated = change(session, row, audit, write_changed);
    if (!updated) {
        return updated.error();
    }
    if (*updated == 0) {
        return Error{Errc::not_found, "no key with id " + row.id};
    }
    return {};
}

}  // namespace pulse::storage
