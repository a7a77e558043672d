#include "storage/tables/keys.h"

#include "storage/tables/conflict.h"

namespace pulse::storage {
namespace {

using sql::or_null;

constexpr std::string_view kDefaultOrg = "default";

constexpr std::string_view kInsertKey =
    "INSERT INTO ai_gateway_key (id, hash, prefix, label, org_id, team, project, \"user\", app,"
    " policy, expires_at, revoked_at, created_at, version, bootstrap, metadata)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
/// For a key of the configuration: one that is there stays as it is.
constexpr std::string_view kInsertBootstrapKey =
    "INSERT INTO ai_gateway_key (id, hash, prefix, label, org_id, team, project, \"user\", app,"
    " policy, expires_at, revoked_at, created_at, version, bootstrap, metadata)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
    " ON CONFLICT DO NOTHING";
constexpr std::string_view kUpdateKey =
    "UPDATE ai_gateway_key SET hash = $2, prefix = $3, label = $4, org_id = $5, team = $6,"
    " project = $7, \"user\" = $8, app = $9, policy = $10, expires_at = $11, revoked_at = $12,"
    " bootstrap = $13, metadata = $14, version = version + 1 WHERE id = $1 AND version = $15";

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
         key.bootstrap,
         or_null(key.metadata_json)});
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
         key.bootstrap,
         or_null(key.metadata_json),
         key.version});
}

/// What belongs into the transaction of a key; how many rows `write` changed. With none, nothing
/// is.
template <class Write>
[[nodiscard]] Result<std::int64_t> change_within(
    sql::Session& session, const KeyRow& key, const AuditEntry* audit, const Write& write) {
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
    if (auto noted = note_key_change(session); !noted) {
        return noted.error();
    }
    return changed;
}

template <class Write>
[[nodiscard]] Result<std::int64_t> change(
    sql::Session& session, const KeyRow& key, const AuditEntry* audit, const Write& write) {
    Result<sql::Transaction> transaction = sql::Transaction::begin(session);
    if (!transaction) {
        return transaction.error();
    }
    const Result<std::int64_t> changed = change_within(session, key, audit, write);
    if (!changed || *changed == 0) {
        return changed;
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    return changed;
}

[[nodiscard]] Result<void> inserted(const Result<std::int64_t>& changed) {
    return changed ? Result<void>{} : Result<void>{changed.error()};
}

[[nodiscard]] Result<void> updated(
    sql::Session& session, const KeyRow& row, const Result<std::int64_t>& changed) {
    if (!changed) {
        return changed.error();
    }
    if (*changed > 0) {
        return {};
    }
    const auto found = key(session, row.id);
    if (!found) {
        return found.error();
    }
    if (*found) {
        return changed_meanwhile("the key");
    }
    return Error{Errc::not_found, "no key with id " + row.id};
}

}  // namespace

Result<void> insert_key(sql::Session& session, const KeyRow& row, const AuditEntry* audit) {
    return inserted(change(session, row, audit, write_new));
}

Result<void> update_key(sql::Session& session, const KeyRow& row, const AuditEntry* audit) {
    return updated(session, row, change(session, row, audit, write_changed));
}

Result<void> insert_key_within(sql::Session& session, const KeyRow& row, const AuditEntry& audit) {
    return inserted(change_within(session, row, &audit, write_new));
}

Result<void> update_key_within(sql::Session& session, const KeyRow& row, const AuditEntry& audit) {
    return updated(session, row, change_within(session, row, &audit, write_changed));
}

}  // namespace pulse::storage
