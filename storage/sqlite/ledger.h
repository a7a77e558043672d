#pragma once

#include "base/error.h"
#include "storage/database.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/ledger_rows.h"
#include "storage/sqlite/session.h"

#include <set>
#include <string>
#include <vector>

namespace pulse::storage::sqlite {

/// Writes records as rows: one of ai_request_log, one of ai_request_attempt per attempt, one of
/// cost_event per attempt that the provider bills, and what they add to the rollups. Lives as long
/// as the connection; one thread at a time.
class Ledger {
public:
    /// Errors: storage_unavailable, when the schema is not there.
    [[nodiscard]] static Result<Ledger> open(Connection& connection, SqliteSession& session);

    /// As Database::write().
    [[nodiscard]] Result<LedgerCounts> write(
        Records records, const std::vector<SpoolPosition>& checkpoints);
    [[nodiscard]] Result<std::vector<SpoolPosition>> checkpoints();
    [[nodiscard]] Result<void> forget_checkpoints(const std::vector<std::string>& segments);

private:
    Ledger(Connection& connection, SqliteSession& session)
        : connection_(&connection), session_(&session) {}
    [[nodiscard]] Result<LedgerCounts> write_at_once(
        Records records, const std::vector<SpoolPosition>& checkpoints);
    [[nodiscard]] Result<LedgerCounts> write_one_by_one(
        Records records, const std::vector<SpoolPosition>& checkpoints);
    [[nodiscard]] Result<Transaction> begin();
    [[nodiscard]] Result<void> commit(
        Transaction& transaction, Records added, const std::vector<SpoolPosition>& checkpoints);
    [[nodiscard]] Result<void> insert(Records records, LedgerCounts& counts);
    [[nodiscard]] Result<void> insert_objects(Records records, BatchRows::Pace pace);
    [[nodiscard]] Result<void> insert_price_version(const RequestRecord& record);
    [[nodiscard]] Result<std::uint64_t> insert_rows(Statement& statement, BatchRows& rows);
    [[nodiscard]] Result<void> add_rollups(Records written);
    [[nodiscard]] Result<void> write_checkpoints(const std::vector<SpoolPosition>& checkpoints);

    Connection* connection_;
    SqliteSession* session_;
    Statement request_;
    Statement attempt_;
    Statement cost_event_;
    Statement object_;
    std::vector<Statement> rollups_;  ///< of rollup_tables()
    Statement price_version_;
    Statement upsert_checkpoint_;
    /// Price versions known to be in their table, and those that the transaction under way adds;
    /// bounded by the catalogues that one process loads.
    std::set<std::string, std::less<>> price_versions_;
    std::set<std::string, std::less<>> new_price_versions_;
};

}  // namespace pulse::storage::sqlite
