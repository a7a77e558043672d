#include "storage/migrations/migrate.h"

#include "base/clock.h"

#include <string>
#include <string_view>

namespace pulse::storage {
namespace {

constexpr std::string_view kCreateTableSqlite =
    "CREATE TABLE IF NOT EXISTS schema_migration ("
    " version INTEGER NOT NULL PRIMARY KEY,"
    " name TEXT NOT NULL,"
    " applied_at INTEGER NOT NULL"
    ") STRICT";
constexpr std::string_view kCreateTablePostgresql =
    "CREATE TABLE IF NOT EXISTS schema_migration ("
    " version bigint NOT NULL PRIMARY KEY,"
    " name text NOT NULL,"
    " applied_at timestamptz NOT NULL"
    ")";
/// The transaction's, not the session's: behind a pooler there is no session. A number of our own.
constexpr std::string_view kLockPostgresql = "SELECT pg_advisory_xact_lock(5788145316)";
constexpr std::string_view kSchemaVersion =
    "SELECT coalesce(max(version), 0) FROM schema_migration";
constexpr std::string_view kInsertMigration =
    "INSERT INTO schema_migration (version, name, applied_at) VALUES ($1, $2, $3)";
constexpr std::string_view kDeleteMigration = "DELETE FROM schema_migration WHERE version = $1";

/// A transaction in which nobody else migrates, and which has the table of versions.
[[nodiscard]] Result<sql::Transaction> begin(sql::Session& session) {
    Result<sql::Transaction> transaction = sql::Transaction::begin(session);
    if (!transaction) {
        return transaction;
    }
    const bool is_sqlite = session.engine() == sql::Engine::sqlite;
    // SQLite's transaction holds the only write lock already.
    if (!is_sqlite) {
        if (auto locked = session.each(kLockPostgresql, {}, [](const sql::Row&) {}); !locked) {
            return locked.error();
        }
    }
    if (auto made = session.execute_script(is_sqlite ? kCreateTableSqlite : kCreateTablePostgresql);
        !made) {
        return made.error();
    }
    return transaction;
}

[[nodiscard]] Result<std::int64_t> read_version(sql::Session& session) {
    const auto version = sql::select_one(
        session, kSchemaVersion, {}, [](const sql::Row& row) { return row.integer(0); });
    if (!version) {
        return version.error();
    }
    return version->value_or(0);
}

/// What it says stays true until the transaction ends.
[[nodiscard]] Result<std::int64_t> known_version(sql::Session& session) {
    Result<std::int64_t> version = read_version(session);
    const std::int64_t newest = migrations_of(session.engine()).back().version;
    if (version && *version > newest) {
        return Error{
            Errc::configuration,
            "the database's schema is version " + std::to_string(*version) +
                ", newer than this program's " + std::to_string(newest) +
                ": start a newer pulse, or restore a backup"};
    }
    return version;
}

enum class Direction : std::uint8_t { up, down };

[[nodiscard]] Result<void> apply(
    sql::Session& session, const Migration& migration, Direction direction) {
    const bool is_up = direction == Direction::up;
    if (auto done = session.execute_script(is_up ? migration.up : migration.down); !done) {
        return Error{
            done.error().code(), std::string{migration.name} + ": " + done.error().detail()};
    }
    const auto noted =
        is_up ? session.run(
                    kInsertMigration, {migration.version, migration.name, system_clock().now()})
              : session.run(kDeleteMigration, {migration.version});
    return noted ? Result<void>{} : Result<void>{noted.error()};
}

/// Takes one step; false when there is none left.
[[nodiscard]] Result<bool> step(sql::Session& session, Direction direction) {
    Result<sql::Transaction> transaction = begin(session);
    if (!transaction) {
        return transaction.error();
    }
    const Result<std::int64_t> version = known_version(session);
    if (!version) {
        return version.error();
    }
    const std::int64_t target = direction == Direction::up ? *version + 1 : *version;
    for (const Migration& migration : migrations_of(session.engine())) {
        if (migration.version != target) {
            continue;
        }
        if (auto applied = apply(session, migration, direction); !applied) {
            return applied.error();
        }
        if (auto committed = transaction->commit(); !committed) {
            return committed.error();
        }
        return true;
    }
    return false;
}

}  // namespace

std::span<const Migration> migrations_of(sql::Engine engine) {
    return engine == sql::Engine::sqlite ? sqlite_migrations() : postgres_migrations();
}

Result<void> migrate_up(sql::Session& session) {
    while (true) {
        const Result<bool> stepped = step(session, Direction::up);
        if (!stepped) {
            return stepped.error();
        }
        if (!*stepped) {
            return {};
        }
    }
}

Result<void> migrate_down(sql::Session& session, bool all) {
    while (true) {
        const Result<bool> stepped = step(session, Direction::down);
        if (!stepped) {
            return stepped.error();
        }
        if (!*stepped || !all) {
            return {};
        }
    }
}

Result<std::int64_t> schema_version(sql::Session& session) {
    Result<sql::Transaction> transaction = begin(session);
    if (!transaction) {
        return transaction.error();
    }
    Result<std::int64_t> version = read_version(session);
    if (!version) {
        return version;
    }
    if (auto committed = transaction->commit(); !committed) {
        return committed.error();
    }
    return version;
}

Result<std::vector<MigrationStatus>> migration_status(sql::Session& session) {
    const Result<std::int64_t> version = schema_version(session);
    if (!version) {
        return version.error();
    }
    std::vector<MigrationStatus> all;
    for (const Migration& migration : migrations_of(session.engine())) {
        all.push_back({migration.version, migration.name, migration.version <= *version});
    }
    return all;
}

}  // namespace pulse::storage
