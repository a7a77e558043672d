#include "console/admin/policies.h"

#include "base/rfc3339.h"
#include "base/uuid.h"
#include "console/access/change.h"
#include "console/admin/scope_check.h"
#include "console/admin/scope_names.h"
#include "storage/tables/conflict.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace pulse::console {
namespace {

namespace json = boost::json;
using storage::AuditEntry;
using storage::PolicyRow;
using storage::sql::Session;

[[nodiscard]] Error wrong(std::string_view field, std::string_view what) {
    return Error{Errc::invalid_request, "`" + std::string{field} + "`: " + std::string{what}}
        .with_param(std::string{field});
}

[[nodiscard]] std::string shown(const PolicyRow& row) {
    return json::serialize(policy_json(row));
}

[[nodiscard]] AuditEntry entry_of(
    const AuditEntry& who, std::string_view action, const PolicyRow& row) {
    AuditEntry entry = who;
    entry.action = action;
    entry.target_kind = "policy";
    entry.target_id = row.id;
    return entry;
}

/// `text` as it is stored.
[[nodiscard]] Result<std::string> checked(const std::string& text, policy::Scope scope) {
    const auto policy = policy::parse_policy(text, scope);
    if (!policy) {
        return wrong("policy", policy.error().detail());
    }
    return to_json(*policy);
}

}  // namespace

json::object policy_json(const PolicyRow& row) {
    boost::system::error_code failed;
    json::value policy = json::parse(row.policy_json, failed);
    return {
        {"id", row.id},
        {"name", row.name},
        {"scope", row.scope},
        {"scope_id", row.scope_id.empty() ? json::value(nullptr) : json::value(row.scope_id)},
        {"policy", failed ? json::value(nullptr) : std::move(policy)},
        {"version", row.version},
        {"created_at", rfc3339_seconds(row.created_at)},
        {"updated_at", rfc3339_seconds(row.updated_at)}};
}

Result<PolicyRow> get_policy(
    Session& session, std::string_view org, std::string_view id, const Reach& reach) {
    auto row = storage::find_policy(session, org, id);
    if (!row) {
        return row.error();
    }
    const Error unknown{Errc::not_found, "there is no policy with this id among those you see"};
    if (!*row) {
        return unknown;
    }
    const auto within = reaches(session, reach, org, (*row)->scope, (*row)->scope_id);
    if (!within) {
        return within.error();
    }
    return *within ? Result<PolicyRow>{**std::move(row)} : Result<PolicyRow>{unknown};
}

Result<PolicyRow> create_policy(
    Session& session, const PolicyFields& fields, const AuditEntry& who, const Reach& reach) {
    const auto scope = parse_scope(fields.scope.value_or(std::string{}));
    if (!scope || !is_policy_scope(*scope)) {
        return wrong("scope", kPolicyScopeRule);
    }
    if (!fields.policy_json) {
        return wrong("policy", "is missing; it takes an object, `{}` limits nothing");
    }
    auto policy = checked(*fields.policy_json, *scope);
    if (!policy) {
        return policy.error();
    }
    PolicyRow row{
        .id = UuidGenerator{}.next(who.at).to_string(),
        .org = who.org,
        .name = fields.name.value_or(std::string{}),
        .scope = *fields.scope,
        .scope_id = fields.scope_id.value_or(std::string{}),
        .policy_json = *std::move(policy),
        .created_at = who.at,
        .updated_at = who.at};
    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    if (auto fit = check_scope(session, reach, row.org, *scope, row.scope_id); !fit) {
        return fit.error();
    }
    AuditEntry entry = entry_of(who, "policy.create", row);
    entry.after = shown(row);
    if (auto inserted = storage::insert_policy(session, row, entry); !inserted) {
        return inserted.error();
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    return row;
}

Result<PolicyRow> change_policy(
    Session& session,
    std::string_view id,
    std::optional<std::int64_t> version,
    const PolicyFields& fields,
    const AuditEntry& who,
    const Reach& reach) {
    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    auto row = get_policy(session, who.org, id, reach);
    if (!row) {
        return row.error();
    }
    if (version && *version != row->version) {
        return storage::changed_meanwhile("the policy");
    }
    AuditEntry entry = entry_of(who, "policy.update", *row);
    entry.before = shown(*row);
    const PolicyRow before = *row;
    row->name = fields.name.value_or(row->name);
    if (fields.policy_json) {
        const auto scope = parse_scope(row->scope);
        auto policy = checked(*fields.policy_json, scope.value_or(policy::Scope::organisation));
        if (!policy) {
            return policy.error();
        }
        row->policy_json = *std::move(policy);
    }
    if (shown(*row) == entry.before) {
        return before;
    }
    row->updated_at = who.at;
    PolicyRow after = *row;
    ++after.version;
    entry.after = shown(after);
    if (auto updated = storage::update_policy(session, *row, entry); !updated) {
        return updated.error();
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    return after;
}

Result<void> delete_policy(
    Session& session,
    std::string_view id,
    std::optional<std::int64_t> version,
    const AuditEntry& who,
    const Reach& reach) {
    auto transaction = begin_change(session);
    if (!transaction) {
        return transaction.error();
    }
    const auto row = get_policy(session, who.org, id, reach);
    if (!row) {
        return row.error();
    }
    if (version && *version != row->version) {
        return storage::changed_meanwhile("the policy");
    }
    AuditEntry entry = entry_of(who, "policy.delete", *row);
    entry.before = shown(*row);
    if (auto deleted = storage::delete_policy(session, *row, entry); !deleted) {
        return deleted;
    }
    return transaction->commit();
}

}  // namespace pulse::console
