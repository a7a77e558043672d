#pragma once

#include "base/error.h"
#include "storage/database.h"
#include "storage/postgres/batch_writer.h"
#include "storage/postgres/connection.h"
#include "storage/sql/session.h"

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace pulse::storage::postgres {

/// Writes records as rows: one of ai_request_log, one of ai_request_attempt per attempt, one of
/// cost_event per attempt that the provider bills, and what they add to the rollups. Takes rows in
/// the order of their keys, and tables in one order, so that gateways that write the same ones wait
/// for each other but never in a circle. Borrows connection and session; one thread at a time.
class Ledger {
public:
    Ledger(Connection& connection, sql::Session& session);

    /// As Database::write().
    [[nodiscard]] Result<LedgerCounts> write(
        Records records, const std::vector<SpoolPosition>& checkpoints);
    [[nodiscard]] Result<std::vector<SpoolPosition>> checkpoints();
    [[nodiscard]] Result<void> forget_checkpoints(const std::vector<std::string>& segments);

private:
    /// `fast`: as if none of the records were there, by COPY; one that is fails the transaction.
    enum class Way : std::uint8_t { fast, careful };
    [[nodiscard]] Result<LedgerCounts> write_at_once(
        Records records, const std::vector<SpoolPosition>& checkpoints, Way way);
    [[nodiscard]] Result<LedgerCounts> write_in_parts(
        Records records, const std::vector<SpoolPosition>& checkpoints);
    [[nodiscard]] Result<void> write_part(Records records, std::size_t first, LedgerCounts& counts);
    [[nodiscard]] Result<void> copy(Records records, LedgerCounts& counts);
    [[nodiscard]] Result<void> insert(Records records, LedgerCounts& counts);
    [[nodiscard]] Result<std::vector<const DecodedRecord*>> insert_requests(Records records);
    [[nodiscard]] Result<std::uint64_t> insert_cost_events(
        std::vector<const DecodedRecord*>& written);
    [[nodiscard]] Result<void> insert_price_versions(Records records);
    [[nodiscard]] Result<void> insert_objects(Records records);
    [[nodiscard]] Result<void> add_rollups(Records written);
    [[nodiscard]] Result<sql::Transaction> begin();
    [[nodiscard]] Result<void> commit(
        sql::Transaction& transaction, const std::vector<SpoolPosition>& checkpoints);

    Connection& connection_;
    sql::Session& session_;
    BatchWriter requests_;
    BatchWriter attempts_;
    BatchWriter cost_events_;
    BatchWriter objects_;
    /// Price versions known to be in their table, and those that the transaction under way adds;
    /// bounded by the catalogues that one process loads.
    std::set<std::string, std::less<>> price_versions_;
    std::set<std::string, std::less<>> new_price_versions_;
};

}  // namespace pulse::storage::postgres
