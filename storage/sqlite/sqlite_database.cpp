#include "storage/sqlite/sqlite_database.h"

#include "storage/sqlite/connection.h"
#include "storage/sqlite/deferred.h"
#include "storage/sqlite/keys.h"
#include "storage/sqlite/keys_sql.h"
#include "storage/sqlite/ledger.h"
#include "storage/sqlite/migrate.h"
#include "storage/sqlite/objects.h"
#include "storage/sqlite/requests.h"
#include "storage/sqlite/rerating.h"

#include <optional>
#include <utility>

namespace pulse::storage::sqlite {
namespace {

class SqliteDatabase final : public Database {
public:
    explicit SqliteDatabase(Connection connection) : connection_(std::move(connection)) {}

    Result<void> migrate_up() override { return sqlite::migrate_up(connection_); }
    Result<void> migrate_down(bool all) override {
        // Prepared statements would hold on to tables that are about to go.
        ledger_.reset();
        keys_version_.reset();
        return sqlite::migrate_down(connection_, all);
    }
    Result<std::vector<MigrationStatus>> migration_status() override {
        return sqlite::migration_status(connection_);
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

    Result<std::int64_t> keys_version() override {
        if (!keys_version_) {
            Result<Statement> prepared = connection_.prepare(kSelectKeysVersion);
            if (!prepared) {
                return prepared.error();
            }
            keys_version_ = std::move(*prepared);
        }
        return sqlite::keys_version(connection_, *keys_version_);
    }
    Result<std::vector<KeyRow>> keys() override { return select_keys(connection_); }
    Result<std::optional<KeyRow>> key(std::string_view id) override {
        return select_key(connection_, id);
    }
    Result<void> insert_key(const KeyRow& row) override {
        return sqlite::insert_key(connection_, row);
    }
    Result<void> update_key(const KeyRow& row) override {
        return sqlite::update_key(connection_, row);
    }

    Result<std::unique_ptr<StoredRequest>> request(const Uuid& id) override {
        return select_request(connection_, id);
    }
    Result<std::vector<SpentRow>> spent_since(std::optional<TimePoint> begin) override {
        return select_spent(connection_, begin);
    }

    Result<std::vector<BilledAttempt>> billed_attempts(
        BilledKind kind, const AttemptPlace& after, const Uuid& end, std::size_t limit) override {
        return select_billed_attempts(connection_, kind, after, end, limit);
    }
    Result<std::vector<std::string>> object_owners(
        std::string_view provider, std::span<const std::string> objects) override {
        return select_object_owners(connection_, provider, objects);
    }
    Result<std::vector<DeferredWork>> due_deferred(TimePoint now, std::size_t limit) override {
        return select_due_deferred(connection_, now, limit);
    }
    Result<bool> claim_deferred(const DeferredWork& work, TimePoint until) override {
        return sqlite::claim_deferred(connection_, work, until);
    }
    Result<void> postpone_deferred(const DeferredWork& work, TimePoint next_at) override {
        return sqlite::postpone_deferred(connection_, work, next_at);
    }
    Result<Uuid> name_deferred_bill(const DeferredWork& work, const Uuid& proposed) override {
        return sqlite::name_deferred_bill(connection_, work, proposed);
    }
    Result<std::int64_t> hurry_deferred(
        std::string_view provider, std::span<const std::string> objects) override {
        return sqlite::hurry_deferred(connection_, provider, objects);
    }
    Result<std::int64_t> open_deferred() override { return count_open_deferred(connection_); }
    Result<std::vector<UnpricedModel>> unpriced_models(
        TimePoint begin, std::size_t limit) override {
        return select_unpriced_models(connection_, begin, limit);
    }
    Result<std::uint64_t> apply_rerating(const ReratingBatch& batch) override {
        return sqlite::apply_rerating(connection_, batch);
    }

private:
    /// Prepared at first use: the schema may be made by then.
    [[nodiscard]] Result<void> open_ledger() {
        if (!ledger_) {
            Result<Ledger> opened = Ledger::open(connection_);
            if (!opened) {
                return opened.error();
            }
            ledger_.emplace(std::move(*opened));
        }
        return {};
    }

    Connection connection_;
    std::optional<Ledger> ledger_;
    std::optional<Statement> keys_version_;
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
