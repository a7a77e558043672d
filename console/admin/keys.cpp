#include "console/admin/keys.h"

#include "base/digest.h"
#include "base/hex.h"
#include "base/uuid.h"
#include "console/access/change.h"
#include "console/api/key_json.h"
#include "policy/access/key_directory.h"
#include "storage/tables/conflict.h"

#include <boost/json/serialize.hpp>

namespace pulse::console {
namespace {

using storage::AuditEntry;
using storage::KeyRow;
using storage::sql::Session;

[[nodiscard]] Error wrong(std::string_view field, std::string detail) {
    return Error{Errc::invalid_request, "`" + std::string{field} + "`: " + std::move(detail)}
        .with_param(std::string{field});
}

[[nodiscard]] const std::string* owner_of(const KeyRow& row, policy::Scope scope) {
    switch (scope) {
        case policy::Scope::team:
            return &row.team;
        case policy::Scope::project:
            return &row.project;
        case policy::Scope::user:
            return &row.user;
        case policy::Scope::app:
            return &row.app;
        default:
            return nullptr;
    }
}

/// The policy as it is stored. A budget of the key's own team needs a team.
[[nodiscard]] Result<std::string> checked_policy(const KeyRow& row) {
    const auto policy = policy::parse_policy(row.policy_json);
    if (!policy) {
        return wrong("policy", policy.error().detail());
    }
    for (const policy::Budget& budget : policy->budgets) {
        const std::string scope{to_string(budget.scope)};
        const std::string* owner = owner_of(row, budget.scope);
        const bool is_nobodys = owner != nullptr && owner->empty() && budget.scope_id.empty();
        if (is_nobodys || (budget.scope == policy::Scope::client && budget.scope_id.empty())) {
            return wrong(
                "policy",
                "a budget of scope " + scope + " counts for nothing: " +
                    (is_nobodys ? "the key names no " + scope + "; give it one, or name it in the "
                                : "a key names no client; name it in the ") +
                    "budget's scope_id");
        }
    }
    return to_json(*policy);
}

[[nodiscard]] Result<void> apply(const KeyFields& fields, KeyRow& row) {
    const std::pair<const std::optional<std::string>&, std::string&> texts[] = {
        {fields.label, row.label},
        {fields.team, row.team},
        {fields.project, row.project},
        {fields.user, row.user},
        {fields.app, row.app},
        {fields.policy_json, row.policy_json},
        {fields.metadata_json, row.metadata_json}};
    bool is_other = false;
    for (const auto& [value, field] : texts) {
        if (value) {
            is_other = is_other || field != *value;
            field = *value;
        }
    }
    if (fields.expires_at) {
        row.expires_at = *fields.expires_at;
    }
    // A policy that was stored before this rule stays as it is while nothing of it is touched.
    if (is_other) {
        auto policy = checked_policy(row);
        if (!policy) {
            return policy.error();
        }
        row.policy_json = *std::move(policy);
    }
    return {};
}

[[nodiscard]] AuditEntry entry_of(
    const AuditEntry& who, std::string_view action, const KeyRow& row) {
    AuditEntry entry = who;
    entry.action = action;
    entry.target_kind = "key";
    entry.target_id = row.id;
    return entry;
}

[[nodiscard]] std::string shown(const KeyRow& row) {
    return boost::json::serialize(key_json(row));
}

void set_secret(KeyRow& row, std::string_view secret) {
    row.hash_hex = to_hex(sha256(secret));
    row.prefix = policy::shown_prefix(secret);
}

[[nodiscard]] Result<KeyRow> versioned(
    Session& session,
    std::string_view id,
    const Version& version,
    const AuditEntry& who,
    const Reach& reach) {
    auto row = find_key(session, who.org, id, reach);
    if (row && version && *version != row->version) {
        return storage::changed_meanwhile("the key");
    }
    return row;
}

/// Stores what a change made of the key `before`.
[[nodiscard]] Result<KeyRow> store(
    Session& session,
    storage::sql::Transaction& transaction,
    const KeyRow& before,
    const KeyRow& after,
    AuditEntry entry) {
    entry.before = shown(before);
    entry.after = shown(after);
    if (entry.before == entry.after && before.hash_hex == after.hash_hex) {
        return before;
    }
    if (auto stored = storage::update_key_within(session, after, entry); !stored) {
        return stored.error();
    }
    if (auto committed = transaction.commit(); !committed) {
        return committed.error();
    }
    KeyRow row = after;
    ++row.version;
    return row;
}

}  // namespace

Result<KeyRow> find_key(
    Session& session, std::string_view org, std::string_view id, const Reach& reach) {
    auto row = storage::key(session, id);
    if (!row) {
        return row.error();
    }
    if (!*row || (*row)->org != org || !reach.has_team((*row)->team)) {
        return Error{Errc::not_found, "there is no key with this id among those you see"};
    }
    return **std::move(row);
}

Result<KeyWithSecret> create_key(
    Session& session,
    const KeyFields& fields,
    const AuditEntry& who,
    const Reach& reach,
    std::string_view given) {
    KeyWithSecret made;
    made.secret = given.empty() ? policy::make_key() : std::string{given};
    KeyRow& row = made.row;
    row.id = UuidGenerator{}.next(who.at).to_string();
    row.org = who.org;
    row.created_at = who.at;
    set_secret(row, made.secret);
    if (auto applied = apply(fields, row); !applied) {
        return applied.error();
    }
    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    if (auto within = check_reach(session, reach, row); !within) {
        return within.error();
    }
    const auto taken = storage::find_key_by_hash(session, row.hash_hex);
    if (!taken) {
        return taken.error();
    }
    if (*taken) {
        return storage::conflict("there is a key with this secret already");
    }
    AuditEntry entry = entry_of(who, "key.create", row);
    entry.after = shown(row);
    if (auto inserted = storage::insert_key_within(session, row, entry); !inserted) {
        return inserted.error();
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    return made;
}

Result<KeyRow> change_key(
    Session& session,
    std::string_view id,
    Version version,
    const KeyFields& fields,
    const AuditEntry& who,
    const Reach& reach) {
    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    const auto before = versioned(session, id, version, who, reach);
    if (!before) {
        return before.error();
    }
    KeyRow after = *before;
    if (auto applied = apply(fields, after); !applied) {
        return applied.error();
    }
    if (auto within = check_reach(session, reach, after); !within) {
        return within.error();
    }
    return store(session, *transaction, *before, after, entry_of(who, "key.update", after));
}

Result<KeyWithSecret> rotate_key(
    Session& session,
    std::string_view id,
    Version version,
    const AuditEntry& who,
    const Reach& reach) {
    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    const auto before = versioned(session, id, version, who, reach);
    if (!before) {
        return before.error();
    }
    if (before->revoked_at) {
        return storage::conflict("the key is revoked, which is for good: make another one");
    }
    KeyWithSecret made{*before, policy::make_key()};
    set_secret(made.row, made.secret);
    auto row =
        store(session, *transaction, *before, made.row, entry_of(who, "key.rotate", made.row));
    if (!row) {
        return row.error();
    }
    made.row = *std::move(row);
    return made;
}

Result<KeyRow> revoke_key(
    Session& session, std::string_view id, const AuditEntry& who, const Reach& reach) {
    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    const auto before = find_key(session, who.org, id, reach);
    if (!before) {
        return before.error();
    }
    KeyRow after = *before;
    after.revoked_at = before->revoked_at.value_or(who.at);
    return store(session, *transaction, *before, after, entry_of(who, "key.revoke", after));
}

}  // namespace pulse::console
