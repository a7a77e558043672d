#pragma once

#include <string_view>

/// The statements of keys.cpp. Parameters of a key are numbered as its columns stand in
/// kKeyColumns.
namespace pulse::storage::sqlite {

inline constexpr std::string_view kSelectKeys =
    "SELECT id, hash, prefix, label, org_id, team, project, \"user\", app, policy, expires_at, "
    "revoked_at, created_at,"
    " version, bootstrap FROM ai_gateway_key ORDER BY created_at, id";

inline constexpr std::string_view kSelectKey =
    "SELECT id, hash, prefix, label, org_id, team, project, \"user\", app, policy, expires_at, "
    "revoked_at, created_at,"
    " version, bootstrap FROM ai_gateway_key WHERE id = ?1";

inline constexpr std::string_view kInsertKey =
    "INSERT INTO ai_gateway_key (id, hash, prefix, label, org_id, team, project, \"user\", app, "
    "policy, expires_at,"
    " revoked_at, created_at, version, bootstrap)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";

/// For a key of the configuration: one that is there stays as it is.
inline constexpr std::string_view kInsertBootstrapKey =
    "INSERT INTO ai_gateway_key (id, hash, prefix, label, org_id, team, project, \"user\", app, "
    "policy, expires_at,"
    " revoked_at, created_at, version, bootstrap)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15) ON CONFLICT DO "
    "NOTHING";

inline constexpr std::string_view kUpdateKey =
    "UPDATE ai_gateway_key SET hash = ?2, prefix = ?3, label = ?4, org_id = ?5, team = ?6, project "
    "= ?7, \"user\" = ?8,"
    " app = ?9, policy = ?10, expires_at = ?11, revoked_at = ?12, bootstrap = ?15, version = "
    "version + 1"
    " WHERE id = ?1";

inline constexpr std::string_view kEnsureOrganization =
    "INSERT INTO organization (id, name, created_at) VALUES (?1, ?1, ?2) ON CONFLICT DO NOTHING";
inline constexpr std::string_view kEnsureTeam =
    "INSERT INTO team (org_id, id, name, created_at) VALUES (?1, ?2, ?2, ?3) ON CONFLICT DO "
    "NOTHING";
inline constexpr std::string_view kEnsureProject =
    "INSERT INTO project (org_id, id, name, created_at) VALUES (?1, ?2, ?2, ?3) ON CONFLICT DO "
    "NOTHING";
inline constexpr std::string_view kEnsureUser =
    "INSERT INTO app_user (org_id, id, name, created_at) VALUES (?1, ?2, ?2, ?3) ON CONFLICT DO "
    "NOTHING";

inline constexpr std::string_view kSelectKeysVersion =
    "SELECT version FROM settings_version WHERE name = 'keys'";
inline constexpr std::string_view kBumpKeysVersion =
    "UPDATE settings_version SET version = version + 1 WHERE name = 'keys'";

}  // namespace pulse::storage::sqlite
