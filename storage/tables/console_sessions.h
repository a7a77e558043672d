#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "storage/sql/session.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::storage {

/// A browser's login: hashes (SHA-256, hexadecimal) of its cookie and its CSRF token, never these.
struct ConsoleSessionRow {
    std::string hash;
    std::string csrf_hash;
    std::string org;
    std::string user;
    TimePoint created_at;
    TimePoint expires_at;
    TimePoint seen_at;
    std::string address;
    std::string user_agent;
};

/// Errors of all of these: storage_unavailable.
[[nodiscard]] Result<void> insert_console_session(
    sql::Session& session, const ConsoleSessionRow& row);
[[nodiscard]] Result<std::optional<ConsoleSessionRow>> find_console_session(
    sql::Session& session, std::string_view hash);
[[nodiscard]] Result<void> touch_console_session(
    sql::Session& session, std::string_view hash, TimePoint now);
[[nodiscard]] Result<void> delete_console_session(sql::Session& session, std::string_view hash);
/// All of a user's but the one with the hash `kept`.
[[nodiscard]] Result<void> delete_user_sessions(
    sql::Session& session, std::string_view org, std::string_view user, std::string_view kept = {});
/// Those that ended by `now` or were not used since `idle_since`; how many.
[[nodiscard]] Result<std::int64_t> purge_console_sessions(
    sql::Session& session, TimePoint now, TimePoint idle_since);

}  // namespace pulse::storage
