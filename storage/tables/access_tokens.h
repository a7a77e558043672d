#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "storage/sql/session.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage {

/// What a program authenticates with at the console: the token of a login, or a personal access
/// token. Its hash, never the token.
struct AccessTokenRow {
    std::string id;
    std::string hash;    ///< SHA-256 of the token, 64 hex digits
    std::string prefix;  ///< first characters, for people
    std::string label;
    std::string org;
    std::string user;
    std::string role;  ///< narrower than the user's own; empty: the user's
    TimePoint created_at;
    std::optional<TimePoint> expires_at;
    std::optional<TimePoint> revoked_at;
    std::optional<TimePoint> used_at;
};

/// Errors of all of these: storage_unavailable.
[[nodiscard]] Result<void> insert_access_token(sql::Session& session, const AccessTokenRow& row);
[[nodiscard]] Result<std::optional<AccessTokenRow>> find_access_token(
    sql::Session& session, std::string_view id);
[[nodiscard]] Result<std::optional<AccessTokenRow>> find_access_token_by_hash(
    sql::Session& session, std::string_view hash);
/// A user's, the latest first, at most `limit`, older than the token `before` (empty: from the
/// latest on).
[[nodiscard]] Result<std::vector<AccessTokenRow>> list_access_tokens(
    sql::Session& session,
    std::string_view org,
    std::string_view user,
    std::string_view before,
    std::int64_t limit);
[[nodiscard]] Result<std::int64_t> count_access_tokens(
    sql::Session& session, std::string_view org, std::string_view user, TimePoint now);
[[nodiscard]] Result<void> touch_access_token(
    sql::Session& session, std::string_view id, TimePoint now);
/// False when it is not there or was revoked before.
[[nodiscard]] Result<bool> revoke_access_token(
    sql::Session& session, std::string_view id, TimePoint now);
/// Those of a user whose prefix is `prefix`.
[[nodiscard]] Result<std::int64_t> revoke_user_tokens(
    sql::Session& session,
    std::string_view org,
    std::string_view user,
    std::string_view prefix,
    TimePoint now);
/// Takes away tokens with the prefix that ended before `ended_before`; how many.
[[nodiscard]] Result<std::int64_t> purge_access_tokens(
    sql::Session& session, std::string_view prefix, TimePoint ended_before);

}  // namespace pulse::storage
