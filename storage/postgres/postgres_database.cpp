#include "storage/postgres/postgres_database.h"

#include "base/log.h"
#include "storage/migrations/migrate.h"
#include "storage/postgres/connection.h"
#include "storage/postgres/ledger.h"
#include "storage/postgres/partitions.h"
#include "storage/postgres/retention.h"
#include "storage/postgres/session.h"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

namespace pulse::storage::postgres {
namespace {

/// A migration may fill tables from others, and waits for those of other gateways.
constexpr std::chrono::hours kMigrationTimeout{4};
/// Retention counts a day's rows.
constexpr std::chrono::hours kMaintenanceTimeout{1};

/// Gives the statements of a scope a longer time.
class LongStatements {
public:
    LongStatements(Connection& connection, std::chrono::milliseconds timeout)
        : connection_(connection), before_(connection.statement_timeout()) {
        connection_.set_statement_timeout(timeout);
    }
    LongStatements(const LongStatements&) = delete;
    LongStatements& operator=(const LongStatements&) = delete;
    ~LongStatements() { connection_.set_statement_timeout(before_); }

private:
    Connection& connection_;
    std::chrono::milliseconds before_;
};

[[nodiscard]] bool is_lock_timeout(const Error& error) {
    return error.detail().find("[55P03]") != std::string::npos;
}

class PostgresDatabase final : public Database {
public:
    explicit PostgresDatabase(Connection connection)
        : connection_(std::move(connection)),
          session_(connection_),
          ledger_(connection_, session_) {}

    Result<void> migrate_up() override {
        const LongStatements patience{connection_, kMigrationTimeout};
        return storage::migrate_up(session_);
    }
    Result<void> migrate_down(bool all) override {
        const LongStatements patience{connection_, kMigrationTimeout};
        return storage::migrate_down(session_, all);
    }
    Result<std::vector<MigrationStatus>> migration_status() override {
        return storage::migration_status(session_);
    }

    Result<LedgerCounts> write(
        std::span<const DecodedRecord* const> records,
        const std::vector<SpoolPosition>& checkpoints) override {
        return ledger_.write(records, checkpoints);
    }
    /// A commit is durable here, unless the server's operator has said otherwise.
    Result<void> make_durable() override { return {}; }
    Result<std::vector<SpoolPosition>> checkpoints() override { return ledger_.checkpoints(); }
    Result<void> forget_checkpoints(const std::vector<std::string>& segments) override {
        return ledger_.forget_checkpoints(segments);
    }
    Result<void> maintain(TimePoint now) override {
        const LongStatements patience{connection_, kMaintenanceTimeout};
        const Result<std::uint64_t> moved = make_partitions(session_, now);
        if (!moved && is_lock_timeout(moved.error())) {
            log_warn("ledger: another gateway changes partitions; the next run looks again");
            return {};
        }
        if (!moved) {
            return moved.error();
        }
        if (*moved > 0) {
            log_warn(
                "ledger: rows lay in a default partition; they were moved",
                {{"rows", std::to_string(*moved)},
                 {"likely", "maintenance did not run for days, or a gateway's clock is wrong"}});
        }
        return {};
    }
    Result<RetentionCounts> retain(
        const RetentionCutoffs& cutoffs,
        TimePoint now,
        const std::function<bool()>& stop) override {
        const LongStatements patience{connection_, kMaintenanceTimeout};
        return postgres::retain(session_, cutoffs, now, stop);
    }
    void give_up_by(std::chrono::steady_clock::time_point time) override {
        connection_.give_up_by(time);
    }
    sql::Session& session() override { return session_; }

private:
    Connection connection_;
    Session session_;
    Ledger ledger_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_postgres(std::string_view url) {
    Result<Connection> connection = Connection::make(url);
    if (!connection) {
        return connection.error();
    }
    return std::unique_ptr<Database>{std::make_unique<PostgresDatabase>(std::move(*connection))};
}

}  // namespace pulse::storage::postgres
