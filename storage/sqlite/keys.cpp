#include "storage/sqlite/keys.h"

#include "storage/sqlite/keys_sql.h"

#include <string>
#include <utility>

namespace pulse::storage::sqlite {
namespace {

constexpr std::string_view kDefaultOrg = "default";

[[nodiscard]] std::optional<TimePoint> time_or_none(const Statement& row, int column) {
    if (row.is_null(column)) {
        return std::nullopt;
    }
    return TimePoint{std::chrono::microseconds{row.integer(column)}};
}

void bind_time(Statement& statement, int parameter, const std::optional<TimePoint>& time) {
    if (time) {
        statement.bind(parameter, time->time_since_epoch().count());
    } else {
        statement.bind_null(parameter);
    }
}

[[nodiscard]] KeyRow read_key(const Statement& row) {
    KeyRow key;
    key.id = row.text(0);
    key.hash_hex = row.text(1);
    key.prefix = row.text(2);
    key.label = row.text(3);
    key.org = row.text(4);
    key.team = row.text(5);
    key.project = row.text(6);
    key.user = row.text(7);
    key.app = row.text(8);
    key.policy_json = row.text(9);
    key.expires_at = time_or_none(row, 10);
    key.revoked_at = time_or_none(row, 11);
    key.created_at = TimePoint{std::chrono::microseconds{row.integer(12)}};
    key.version = row.integer(13);
    key.bootstrap = row.integer(14) != 0;
    return key;
}

[[nodiscard]] std::string_view org_of(const KeyRow& key) {
    return key.org.empty() ? kDefaultOrg : std::string_view{key.org};
}

void bind_key(Statement& statement, const KeyRow& key) {
    statement.bind(1, key.id);
    statement.bind(2, key.hash_hex);
    statement.bind(3, key.prefix);
    statement.bind(4, key.label);
    statement.bind(5, org_of(key));
    statement.bind_or_null(6, key.team);
    statement.bind_or_null(7, key.project);
    statement.bind_or_null(8, key.user);
    statement.bind_or_null(9, key.app);
    statement.bind(10, key.policy_json);
    bind_time(statement, 11, key.expires_at);
    bind_time(statement, 12, key.revoked_at);
    statement.bind(13, key.created_at.time_since_epoch().count());
    statement.bind(14, key.version);
    statement.bind(15, std::int64_t{key.bootstrap});
}

[[nodiscard]] Result<void> ensure(
    Connection& connection, std::string_view sql, const KeyRow& key, std::string_view id) {
    if (id.empty()) {
        return {};
    }
    Result<Statement> insert = connection.prepare(sql);
    if (!insert) {
        return insert.error();
    }
    insert->bind(1, org_of(key));
    insert->bind(2, id);
    insert->bind(3, key.created_at.time_since_epoch().count());
    return connection.run(*insert);
}

/// Makes what the key's foreign keys point to.
[[nodiscard]] Result<void> ensure_owners(Connection& connection, const KeyRow& key) {
    Result<Statement> organization = connection.prepare(kEnsureOrganization);
    if (!organization) {
        return organization.error();
    }
    organization->bind(1, org_of(key));
    organization->bind(2, key.created_at.time_since_epoch().count());
    if (auto made = connection.run(*organization); !made) {
        return made;
    }
    if (auto made = ensure(connection, kEnsureTeam, key, key.team); !made) {
        return made;
    }
    if (auto made = ensure(connection, kEnsureProject, key, key.project); !made) {
        return made;
    }
    return ensure(connection, kEnsureUser, key, key.user);
}

/// Writes the key; the number of rows that it changed.
[[nodiscard]] Result<std::int64_t> write_key(
    Connection& connection, std::string_view sql, const KeyRow& key) {
    if (auto ensured = ensure_owners(connection, key); !ensured) {
        return ensured.error();
    }
    Result<Statement> write = connection.prepare(sql);
    if (!write) {
        return write.error();
    }
    bind_key(*write, key);
    if (auto written = connection.run(*write); !written) {
        return written.error();
    }
    return connection.changes();
}

[[nodiscard]] Result<void> bump_and_commit(Connection& connection, Transaction& transaction) {
    if (auto bumped = connection.execute(kBumpKeysVersion.data()); !bumped) {
        return bumped;
    }
    return transaction.commit();
}

}  // namespace

Result<std::int64_t> keys_version(Connection& connection, Statement& cached) {
    const int code = cached.step();
    if (code != SQLITE_ROW) {
        Error failure = connection.error("read keys version");
        cached.reset();
        return failure;
    }
    const std::int64_t version = cached.integer(0);
    cached.reset();
    return version;
}

Result<std::vector<KeyRow>> select_keys(Connection& connection) {
    Result<Statement> query = connection.prepare(kSelectKeys);
    if (!query) {
        return query.error();
    }
    std::vector<KeyRow> keys;
    int code = query->step();
    for (; code == SQLITE_ROW; code = query->step()) {
        keys.push_back(read_key(*query));
    }
    if (code != SQLITE_DONE) {
        return connection.error("read keys");
    }
    return keys;
}

Result<std::optional<KeyRow>> select_key(Connection& connection, std::string_view id) {
    Result<Statement> query = connection.prepare(kSelectKey);
    if (!query) {
        return query.error();
    }
    query->bind(1, id);
    const int code = query->step();
    if (code == SQLITE_DONE) {
        return std::optional<KeyRow>{};
    }
    if (code != SQLITE_ROW) {
        return connection.error("read key");
    }
    return std::optional<KeyRow>{read_key(*query)};
}

Result<void> insert_key(Connection& connection, const KeyRow& row) {
    Result<Transaction> transaction = Transaction::begin(connection);
    if (!transaction) {
        return transaction.error();
    }
    const Result<std::int64_t> inserted =
        write_key(connection, row.bootstrap ? kInsertBootstrapKey : kInsertKey, row);
    if (!inserted) {
        return inserted.error();
    }
    if (*inserted == 0) {
        return {};
    }
    return bump_and_commit(connection, *transaction);
}

Result<void> update_key(Connection& connection, const KeyRow& row) {
    Result<Transaction> transaction = Transaction::begin(connection);
    if (!transaction) {
        return transaction.error();
    }
    const Result<std::int64_t> updated = write_key(connection, kUpdateKey, row);
    if (!updated) {
        return updated.error();
    }
    if (*updated == 0) {
        return Error{Errc::not_found, "no key with id " + row.id};
    }
    return bump_and_commit(connection, *transaction);
}

}  // namespace pulse::storage::sqlite
