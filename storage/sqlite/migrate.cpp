#include "storage/sqlite/migrate.h"

#include "base/clock.h"
#include "storage/migrations/migrations.h"

#include <string>

namespace pulse::storage::sqlite {
namespace {

constexpr const char* kCreateMigrationTable =
    "CREATE TABLE IF NOT EXISTS schema_migration ("
    " version INTEGER NOT NULL PRIMARY KEY,"
    " name TEXT NOT NULL,"
    " applied_at INTEGER NOT NULL"
    ") STRICT";
constexpr std::string_view kSchemaVersion =
    "SELECT coalesce(max(version), 0) FROM schema_migration";
constexpr std::string_view kInsertMigration =
    "INSERT INTO schema_migration (version, name, applied_at) VALUES (?1, ?2, ?3)";
constexpr std::string_view kDeleteMigration = "DELETE FROM schema_migration WHERE version = ?1";

[[nodiscard]] Result<std::int64_t> schema_version(Connection& connection) {
    Result<Statement> query = connection.prepare(kSchemaVersion);
    if (!query) {
        return query.error();
    }
    if (query->step() != SQLITE_ROW) {
        return connection.error("read schema version");
    }
    return query->integer(0);
}

/// The schema's version, with the write lock held: what it says stays true until the transaction
/// ends.
[[nodiscard]] Result<std::int64_t> known_schema_version(Connection& connection) {
    Result<std::int64_t> version = schema_version(connection);
    const std::int64_t newest = sqlite_migrations().back().version;
    if (version && *version > newest) {
        return Error{
            Errc::configuration,
            "the database's schema is version " + std::to_string(*version) +
                ", newer than this program's " + std::to_string(newest) +
                ": start a newer pulse, or restore a backup"};
    }
    return version;
}

[[nodiscard]] Result<void> record_up(Connection& connection, const Migration& migration) {
    Result<Statement> insert = connection.prepare(kInsertMigration);
    if (!insert) {
        return insert.error();
    }
    insert->bind(1, migration.version);
    insert->bind(2, std::string_view{migration.name});
    insert->bind(3, system_clock().now().time_since_epoch().count());
    return connection.run(*insert);
}

[[nodiscard]] Result<void> record_down(Connection& connection, const Migration& migration) {
    Result<Statement> remove = connection.prepare(kDeleteMigration);
    if (!remove) {
        return remove.error();
    }
    remove->bind(1, migration.version);
    return connection.run(*remove);
}

enum class Direction { up, down };

/// Takes one step; false when there is none left.
[[nodiscard]] Result<bool> step(Connection& connection, Direction direction) {
    Result<Transaction> transaction = Transaction::begin(connection);
    if (!transaction) {
        return transaction.error();
    }
    const Result<std::int64_t> version = known_schema_version(connection);
    if (!version) {
        return version.error();
    }
    const std::int64_t target = direction == Direction::up ? *version + 1 : *version;
    for (const Migration& migration : sqlite_migrations()) {
        if (migration.version != target) {
            continue;
        }
        const bool is_up = direction == Direction::up;
        if (auto done = connection.execute(is_up ? migration.up : migration.down); !done) {
            return Error{
                done.error().code(), std::string{migration.name} + ": " + done.error().detail()};
        }
        if (auto noted =
                is_up ? record_up(connection, migration) : record_down(connection, migration);
            !noted) {
            return noted.error();
        }
        if (auto committed = transaction->commit(); !committed) {
            return committed.error();
        }
        return true;
    }
    return false;
}

}  // namespace

Result<void> migrate_up(Connection& connection) {
    if (auto made = connection.execute(kCreateMigrationTable); !made) {
        return made.error();
    }
    while (true) {
        const Result<bool> stepped = step(connection, Direction::up);
        if (!stepped) {
            return stepped.error();
        }
        if (!*stepped) {
            return {};
        }
    }
}

Result<void> migrate_down(Connection& connection, bool all) {
    if (auto made = connection.execute(kCreateMigrationTable); !made) {
        return made.error();
    }
    while (true) {
        const Result<bool> stepped = step(connection, Direction::down);
        if (!stepped) {
            return stepped.error();
        }
        if (!*stepped || !all) {
            return {};
        }
    }
}

Result<std::vector<Database::MigrationStatus>> migration_status(Connection& connection) {
    if (auto made = connection.execute(kCreateMigrationTable); !made) {
        return made.error();
    }
    const Result<std::int64_t> version = schema_version(connection);
    if (!version) {
        return version.error();
    }
    std::vector<Database::MigrationStatus> all;
    for (const Migration& migration : sqlite_migrations()) {
        all.push_back({migration.version, migration.name, migration.version <= *version});
    }
    return all;
}

}  // namespace pulse::storage::sqlite
