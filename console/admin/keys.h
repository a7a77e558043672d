#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "console/admin/reach.h"
#include "storage/sql/session.h"
#include "storage/tables/audit.h"
#include "storage/tables/keys.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What the API and the command line do to virtual keys, each in one transaction with its row of the
// audit log. `who` is an audit entry with time, organisation, actor and address. Errors of all of
// them: storage_unavailable.

namespace pulse::console {

/// What is given is set; empty text takes away.
struct KeyFields {
    std::optional<std::string> label = {};
    std::optional<std::string> team = {};
    std::optional<std::string> project = {};
    std::optional<std::string> user = {};
    std::optional<std::string> app = {};
    std::optional<std::string> policy_json = {};
    std::optional<std::string> metadata_json = {};
    std::optional<std::optional<TimePoint>> expires_at = {};
};

struct KeyWithSecret {
    storage::KeyRow row;
    std::string secret;  ///< the key itself: shown once, stored nowhere
};

/// Makes a key, with the secret `given` or, where that is empty, a new one. Errors: invalid_request
/// (a policy that is none, or with a budget of what the key does not name; a secret that is taken),
/// forbidden (out of reach).
[[nodiscard]] Result<KeyWithSecret> create_key(
    storage::sql::Session& session,
    const KeyFields& fields,
    const storage::AuditEntry& who,
    const Reach& reach = Reach::everything(),
    std::string_view given = {});

/// A key of the organisation that is within reach. Errors: not_found.
[[nodiscard]] Result<storage::KeyRow> find_key(
    storage::sql::Session& session, std::string_view org, std::string_view id, const Reach& reach);

/// What a change is based on; unset: on what is there.
using Version = std::optional<std::int64_t>;

/// Errors: not_found, storage::conflict() (another version), invalid_request and forbidden as
/// create_key(). What changes nothing leaves no row in the audit log.
[[nodiscard]] Result<storage::KeyRow> change_key(
    storage::sql::Session& session,
    std::string_view id,
    Version version,
    const KeyFields& fields,
    const storage::AuditEntry& who,
    const Reach& reach = Reach::everything());

/// A new secret; the old one is refused from now on. Errors: not_found, storage::conflict() (also
/// of a revoked key).
[[nodiscard]] Result<KeyWithSecret> rotate_key(
    storage::sql::Session& session,
    std::string_view id,
    Version version,
    const storage::AuditEntry& who,
    const Reach& reach = Reach::everything());

/// Ends a key for good; one that was ended stays as it is. Errors: not_found.
[[nodiscard]] Result<storage::KeyRow> revoke_key(
    storage::sql::Session& session,
    std::string_view id,
    const storage::AuditEntry& who,
    const Reach& reach = Reach::everything());

}  // namespace pulse::console
