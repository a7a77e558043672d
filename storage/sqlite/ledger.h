#pragma once

#include "base/error.h"
#include "storage/database.h"
#include "storage/sqlite/connection.h"

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace pulse::storage::sqlite {

/// Writes records as rows: one of ai_request_log, one of ai_request_attempt per attempt, one of
/// cost_event per attempt that the provider bills. Lives as long as the connection; one thread at a
/// time.
class Ledger {
public:
    /// Errors: storage_unavailable, when the schema is not there.
    [[nodiscard]] static Result<Ledger> open(Connection& connection);

    /// As Database::write().
    [[nodiscard]] Result<LedgerCounts> write(
        std::span<const DecodedRecord* const> records,
        const std::vector<SpoolPosition>& checkpoints);
    [[nodiscard]] Result<std::vector<SpoolPosition>> checkpoints();
    [[nodiscard]] Result<void> forget_checkpoints(const std::vector<std::string>& segments);

private:
    /// Texts that are bound while a record is written; kept, so that none is allocated for each.
    struct Scratch {
        std::string id;
        std::string event_id;
        std::string quantity;
        std::string estimated_cost;
        std::string cost;
        std::string stated_cost;
    };

    explicit Ledger(Connection& connection) : connection_(&connection) {}
    [[nodiscard]] int insert_record(const RequestRecord& record, LedgerCounts& counts);
    [[nodiscard]] int insert_request(const RequestRecord& record);
    [[nodiscard]] int insert_attempt(const AttemptRecord& attempt, std::size_t number);
    [[nodiscard]] int insert_cost_event(
        const RequestRecord& record, const AttemptRecord& attempt, std::size_t number);
    [[nodiscard]] int insert_price_version(const RequestRecord& record);
    [[nodiscard]] Result<void> write_checkpoints(const std::vector<SpoolPosition>& checkpoints);

    Connection* connection_;
    Statement request_;
    Statement attempt_;
    Statement cost_event_;
    Statement price_version_;
    Statement upsert_checkpoint_;
    Scratch scratch_;
    /// Price versions known to be in their table; bounded by the catalogues that one process loads.
    std::set<std::string, std::less<>> price_versions_;
};

}  // namespace pulse::storage::sqlite
