#include "storage/sqlite/sqlite_database.h"

#include "storage/migrations/migrate.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/ledger.h"
#include "storage/sqlite/retention.h"
#include "storage/sqlite/session.h"

#include <optional>
#include <utility>

namespace pulse::storage::sqlite {
namespace {

class SqliteDatabase final : public Database {
public:
    explicit SqliteDatabase(Connection connection) : connection_(std::move(connection)) {}

    Result<void> migrate_up() override { return storage::migrate_up(session_); }
    Result<void> migrate_down(bool all) override {
        // Prepared statements would hold on to tables that are about to go.
        ledger_.reset();
        session_.forget_statements();
        return storage::migrate_down(session_, all);
    }
    Result<std::vector<MigrationStatus>> migration_status() override {
        return storage::migration_status(session_);
    }

    Result<LedgerCounts> write(
        std::span<const DecodedRecord* const> records,
        const std::vector<SpoolPosition>& checkpoints) override {
        if (auto opened = open_ledger(); !opened) {
            return opened.error();
        }
        return ledger_->write(records, checkpoints);
    }
    Result<void> make_durable() override { return connection_.sync_log(); }
    Result<std::vector<SpoolPosition>> checkpoints() override {
        if (auto opened = open_ledger(); !opened) {
            return opened.error();
        }
        return ledger_->checkpoints();
    }
    Result<void> forget_checkpoints(const std::vector<std::string>& segments) override {
        if (auto opened = open_ledger(); !opened) {
            return opened.error();
        }
        return ledger_->forget_checkpoints(segments);
    }

    /// SQLite needs nothing ahead of its time.
    Result<void> maintain(TimePoint /*now*/) override { return {}; }
    Result<RetentionCounts> retain(
        const RetentionCutoffs& cutoffs,
        TimePoint now,
        const std::function<bool()>& stop) override {
        return sqlite::retain(connection_, session_, cutoffs, now, stop);
    }
    sql::Session& session() override { return session_; }

private:
    /// Prepared at first use: the schema may be made by then.
    [[nodiscard]] Result<void> open_ledger() {
        if (!ledger_) {
            Result<Ledger> opened = Ledger::open(connection_, session_);
            if (!opened) {
                return opened.error();
            }
            ledger_.emplace(std::move(*opened));
        }
        return {};
    }

    Connection connection_;
    SqliteSession session_{connection_};
    std::optional<Ledger> ledger_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(const std::filesystem::path& path) {
    Result<Connection> connection = Connection::open(path);
    if (!connection) {
        return connection.error();
    }
    return std::unique_ptr<Database>{std::make_unique<SqliteDatabase>(std::move(*connection))};
}

}  // namespace pulse::storage::sqlite
