#include "storage/tables/audit.h"

#include "base/digest.h"
#include "base/hex.h"
#include "base/rfc3339.h"
#include "storage/tables/canonical_json.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

namespace pulse::storage {
namespace {

namespace json = boost::json;

constexpr std::string_view kFormat = "pulse-audit-1";
// Any number that nobody else in the database uses for an advisory lock: "pulsaudt".
constexpr std::string_view kLock = "SELECT pg_advisory_xact_lock(8103499110797337716)";
constexpr std::string_view kLast = "SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1";
constexpr std::string_view kInsert =
    "INSERT INTO audit_log (seq, at, org_id, actor, actor_kind, address, action, target_kind,"
    " target_id, before_json, after_json, previous_hash, hash)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
constexpr std::string_view kSelect =
    "SELECT seq, at, org_id, actor, actor_kind, address, action, target_kind, target_id,"
    " before_json, after_json, previous_hash, hash FROM audit_log";
constexpr std::string_view kWalk = " WHERE seq > $1 ORDER BY seq LIMIT 1000";

[[nodiscard]] json::value text_or_null(std::string_view text) {
    return text.empty() ? json::value(nullptr) : json::value(text);
}

[[nodiscard]] Result<json::value> json_or_null(std::string_view text) {
    if (text.empty()) {
        return json::value(nullptr);
    }
    boost::system::error_code failed;
    json::value value = json::parse({text.data(), text.size()}, failed);
    if (failed) {
        return Error{Errc::corrupt_input, "before or after is no JSON"};
    }
    return value;
}

/// A stored JSON text in its canonical form; empty for none.
[[nodiscard]] Result<std::string> canonical_text(std::string_view text) {
    if (text.empty()) {
        return std::string{};
    }
    const auto value = json_or_null(text);
    if (!value) {
        return value.error();
    }
    return canonical_json(*value);
}

[[nodiscard]] AuditRow read_row(const sql::Row& row) {
    AuditRow read;
    read.seq = row.integer(0);
    read.entry.at = row.time(1);
    read.entry.org = row.owned(2);
    read.entry.actor = row.owned(3);
    read.entry.actor_kind = row.owned(4);
    read.entry.address = row.owned(5);
    read.entry.action = row.owned(6);
    read.entry.target_kind = row.owned(7);
    read.entry.target_id = row.owned(8);
    read.entry.before = row.owned(9);
    read.entry.after = row.owned(10);
    read.previous_hash = row.owned(11);
    read.hash = row.owned(12);
    return read;
}

/// Adds the row to the verdict; what is wrong with it, where something is.
[[nodiscard]] std::string check_row(const AuditRow& row, const AuditVerdict& verdict) {
    if (row.seq != verdict.rows + 1) {
        return "the row " + std::to_string(verdict.rows + 1) + " is missing";
    }
    if (row.previous_hash != verdict.last_hash) {
        return "its previous_hash is not the hash of the row before it";
    }
    const auto hash = audit_hash(row.seq, row.entry, row.previous_hash);
    if (!hash || *hash != row.hash) {
        return "the row was changed: its content does not give its hash";
    }
    return {};
}

}  // namespace

Result<std::string> audit_hash(
    std::int64_t seq, const AuditEntry& entry, std::string_view previous_hash) {
    auto before = json_or_null(entry.before);
    auto after = json_or_null(entry.after);
    if (!before || !after) {
        return before ? after.error() : before.error();
    }
    const json::array row{
        kFormat,
        seq,
        rfc3339_micros(entry.at),
        entry.org,
        entry.actor,
        entry.actor_kind,
        text_or_null(entry.address),
        entry.action,
        entry.target_kind,
        entry.target_id,
        *std::move(before),
        *std::move(after),
        previous_hash};
    return to_hex(sha256(canonical_json(row)));
}

Result<void> lock_audit(sql::Session& session) {
    if (session.engine() == sql::Engine::sqlite) {
        return {};  // begin() took the database's one write lock
    }
    return session.each(kLock, {}, [](const sql::Row&) {});
}

Result<AuditRow> append_audit(sql::Session& session, const AuditEntry& entry) {
    if (auto locked = lock_audit(session); !locked) {
        return locked.error();
    }
    auto before = canonical_text(entry.before);
    auto after = canonical_text(entry.after);
    if (!before || !after) {
        return before ? after.error() : before.error();
    }
    AuditRow row{.seq = 1, .entry = entry, .previous_hash = std::string{kAuditStart}, .hash = {}};
    row.entry.before = *std::move(before);
    row.entry.after = *std::move(after);
    if (auto read = session.each(
            kLast,
            {},
            [&](const sql::Row& last) {
                row.seq = last.integer(0) + 1;
                row.previous_hash = last.owned(1);
            });
        !read) {
        return read.error();
    }
    auto hash = audit_hash(row.seq, row.entry, row.previous_hash);
    if (!hash) {
        return hash.error();
    }
    row.hash = *std::move(hash);
    if (auto added = session.run(
            kInsert,
            {row.seq,
             row.entry.at,
             row.entry.org,
             row.entry.actor,
             row.entry.actor_kind,
             sql::or_null(row.entry.address),
             row.entry.action,
             row.entry.target_kind,
             row.entry.target_id,
             sql::or_null(row.entry.before),
             sql::or_null(row.entry.after),
             row.previous_hash,
             row.hash});
        !added) {
        return added.error();
    }
    return row;
}

Result<void> append_audit_alone(sql::Session& session, const AuditEntry& entry) {
    auto transaction = sql::Transaction::begin(session);
    if (!transaction) {
        return transaction.error();
    }
    if (auto appended = append_audit(session, entry); !appended) {
        return appended.error();
    }
    return transaction->commit();
}

Result<std::vector<AuditRow>> list_audit(sql::Session& session, const AuditFilter& filter) {
    std::string statement{kSelect};
    std::vector<sql::Value> parameters;
    const auto where = [&](std::string_view condition, sql::Value value) {
        parameters.push_back(std::move(value));
        statement.append(parameters.size() == 1 ? " WHERE " : " AND ")
            .append(condition)
            .append(" $")
            .append(std::to_string(parameters.size()));
    };
    where("org_id =", filter.org);
    if (filter.from) {
        where("at >=", *filter.from);
    }
    if (filter.to) {
        where("at <", *filter.to);
    }
    const std::pair<std::string_view, const std::string&> texts[] = {
        {"actor =", filter.actor},
        {"action =", filter.action},
        {"target_kind =", filter.target_kind},
        {"target_id =", filter.target_id}};
    for (const auto& [condition, text] : texts) {
        if (!text.empty()) {
            where(condition, text);
        }
    }
    if (filter.before_seq > 0) {
        where("seq <", filter.before_seq);
    }
    parameters.emplace_back(filter.limit);
    statement.append(" ORDER BY seq DESC LIMIT $").append(std::to_string(parameters.size()));
    return sql::select(session, statement, parameters, read_row);
}

Result<AuditVerdict> verify_audit(sql::Session& session, std::string_view expected_hash) {
    AuditVerdict verdict;
    bool is_expected_seen = expected_hash.empty() || expected_hash == kAuditStart;
    const std::string statement = std::string{kSelect}.append(kWalk);
    for (std::int64_t before = -1; before != verdict.rows;) {
        before = verdict.rows;
        const auto rows = sql::select(session, statement, {verdict.rows}, read_row);
        if (!rows) {
            return rows.error();
        }
        for (const AuditRow& row : *rows) {
            verdict.broken_how = check_row(row, verdict);
            if (!verdict.broken_how.empty()) {
                verdict.broken_seq = verdict.rows + 1;
                return verdict;
            }
            verdict.rows = row.seq;
            verdict.last_hash = row.hash;
            is_expected_seen = is_expected_seen || row.hash == expected_hash;
        }
    }
    if (!is_expected_seen) {
        verdict.broken_seq = verdict.rows + 1;
        verdict.broken_how = "the expected hash is in no row: the chain's end was cut off";
    }
    return verdict;
}

}  // namespace pulse::storage
