#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "storage/sql/session.h"
#include "storage/tables/audit.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The virtual keys' table. Changes bump `keys_version` in the same transaction, and make the
/// organisation, team, project and user that a key names where they are missing.
namespace pulse::storage {

/// A virtual key as it is stored: never the key itself. An empty `org` is stored as `default`.
struct KeyRow {
    std::string id;
    std::string hash_hex;  ///< SHA-256 of the key, 64 hex digits
    std::string prefix;
    std::string label;
    std::string org;
    std::string team;
    std::string project;
    std::string user;
    std::string app;
    std::string policy_json = "{}";
    std::optional<TimePoint> expires_at;
    std::optional<TimePoint> revoked_at;
    TimePoint created_at;
    std::int64_t version = 1;
    bool bootstrap = false;
};

/// A number that changes with every change of keys or policies. Errors here and below:
/// storage_unavailable.
[[nodiscard]] Result<std::int64_t> keys_version(sql::Session& session);
/// All keys, in the order of their making.
[[nodiscard]] Result<std::vector<KeyRow>> keys(sql::Session& session);
[[nodiscard]] Result<std::optional<KeyRow>> key(sql::Session& session, std::string_view id);
/// Errors: invalid_request when a key with that hash or id exists (unless `row.bootstrap`, where it
/// is left as it is). `audit`, where there is one, is appended in the same transaction, if the key
/// was.
[[nodiscard]] Result<void> insert_key(
    sql::Session& session, const KeyRow& row, const AuditEntry* audit = nullptr);
/// Replaces all but id, created_at; bumps versions. Errors: not_found; invalid_request when another
/// key has that hash.
[[nodiscard]] Result<void> update_key(
    sql::Session& session, const KeyRow& row, const AuditEntry* audit = nullptr);

}  // namespace pulse::storage
