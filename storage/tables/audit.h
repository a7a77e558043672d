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

/// An administrative change. `before` and `after` are JSON objects, or empty for none, and never
/// hold a secret or its hash.
struct AuditEntry {
    TimePoint at;
    std::string org;
    std::string actor;       ///< a user's id; of the command line, the system's user
    std::string actor_kind;  ///< user | token | system | command_line
    std::string address;     ///< empty: none
    std::string action;      ///< "user.create"
    std::string target_kind;
    std::string target_id;
    std::string before;
    std::string after;
};

/// A row of the chain.
struct AuditRow {
    std::int64_t seq = 0;
    AuditEntry entry;
    std::string previous_hash;
    std::string hash;
};

/// What stands before the first row.
inline constexpr std::string_view kAuditStart =
    "0000000000000000000000000000000000000000000000000000000000000000";

/// SHA-256, hexadecimal, of the row's canonical bytes (docs/formats/audit.md). Errors:
/// corrupt_input when before or after are no JSON.
[[nodiscard]] Result<std::string> audit_hash(
    std::int64_t seq, const AuditEntry& entry, std::string_view previous_hash);

/// Makes the caller's transaction the only one that writes to the chain until it ends. Call it
/// before reading what the change depends on ("the last admin"). Errors: storage_unavailable.
[[nodiscard]] Result<void> lock_audit(sql::Session& session);

/// Appends a row within the caller's transaction, that of the change itself. Errors:
/// storage_unavailable, corrupt_input.
[[nodiscard]] Result<AuditRow> append_audit(sql::Session& session, const AuditEntry& entry);

/// The same in a transaction of its own, for a change that is more than one transaction: a row
/// before it and one behind it. Errors: as append_audit().
[[nodiscard]] Result<void> append_audit_alone(sql::Session& session, const AuditEntry& entry);

/// What a search asks for; empty fields are not asked for.
struct AuditFilter {
    std::string org = {};
    std::optional<TimePoint> from = {};  ///< inclusive
    std::optional<TimePoint> to = {};    ///< exclusive
    std::string actor = {};
    std::string action = {};
    std::string target_kind = {};
    std::string target_id = {};
    std::int64_t before_seq = 0;  ///< older than this row; 0: from the latest on
    std::int64_t limit = 100;
};

/// The latest first. Errors: storage_unavailable.
[[nodiscard]] Result<std::vector<AuditRow>> list_audit(
    sql::Session& session, const AuditFilter& filter);

/// What a walk along the chain found.
struct AuditVerdict {
    std::int64_t rows = 0;  ///< intact ones from the start
    std::string last_hash{kAuditStart};
    std::int64_t broken_seq = 0;  ///< 0: intact
    std::string broken_how;
};

/// Walks the whole chain. With `expected_hash`, that row must be in it: the only way to notice that
/// the end was cut off. Errors: storage_unavailable.
[[nodiscard]] Result<AuditVerdict> verify_audit(
    sql::Session& session, std::string_view expected_hash = {});

}  // namespace pulse::storage
