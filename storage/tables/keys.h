#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "storage/sql/session.h"
#include "storage/tables/audit.h"
#include "storage/tables/settings_version.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The virtual keys' table. Changes change keys_version() in the same transaction, and make the
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
    std::string metadata_json;  ///< a JSON object of its maker's, or empty
    std::optional<TimePoint> expires_at;
    std::optional<TimePoint> revoked_at;
    TimePoint created_at;
    std::int64_t version = 1;
    bool bootstrap = false;
};

/// All keys, in the order of their making. Errors here and below: storage_unavailable.
[[nodiscard]] Result<std::vector<KeyRow>> keys(sql::Session& session);
[[nodiscard]] Result<std::optional<KeyRow>> key(sql::Session& session, std::string_view id);
/// By the SHA-256 of its text, 64 hex digits.
[[nodiscard]] Result<std::optional<KeyRow>> find_key_by_hash(
    sql::Session& session, std::string_view hash_hex);

enum class KeyState : std::uint8_t { any, valid, expired, revoked };

/// What a list asks for; what is empty is not asked for.
struct KeyFilter {
    std::string org;
    std::optional<std::vector<std::string>> teams;  ///< only keys of these
    std::string team;
    std::string project;
    std::string user;
    std::string app;
    std::string label;  ///< a part of it, whatever its case
    KeyState state = KeyState::any;
    std::string after;  ///< behind this id
    std::int64_t limit = 100;
};

/// In the order of their ids, which is that of their making.
[[nodiscard]] Result<std::vector<KeyRow>> list_keys(
    sql::Session& session, const KeyFilter& filter, TimePoint now);

/// Errors: invalid_request when a key with that hash or id exists (unless `row.bootstrap`, where it
/// is left as it is). `audit`, where there is one, is appended in the same transaction, if the key
/// was.
[[nodiscard]] Result<void> insert_key(
    sql::Session& session, const KeyRow& row, const AuditEntry* audit = nullptr);
/// Replaces all but id, created_at; `row.version` is that which was read. Errors: not_found;
/// invalid_request when another key has that hash; conflict() when it has another version.
[[nodiscard]] Result<void> update_key(
    sql::Session& session, const KeyRow& row, const AuditEntry* audit = nullptr);

/// The same within the caller's transaction.
[[nodiscard]] Result<void> insert_key_within(
    sql::Session& session, const KeyRow& row, const AuditEntry& audit);
[[nodiscard]] Result<void> update_key_within(
    sql::Session& session, const KeyRow& row, const AuditEntry& audit);

}  // namespace pulse::storage
