#pragma once

#include "storage/postgres/connection.h"
#include "storage/postgres/ledger_rows.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace pulse::storage::postgres {

/// Writes the rows of a batch to one table, in the caller's transaction. Borrows the connection and
/// lives as long as it; one thread at a time.
class BatchWriter {
public:
    BatchWriter(Connection& connection, const BatchTarget& target);

    /// By COPY: the fastest way, for rows that are not there yet. Errors: as Connection::run();
    /// invalid_request also for a row that is there.
    [[nodiscard]] Result<std::uint64_t> copy(const std::function<void(Batch&)>& put);

    struct Inserted {
        std::uint64_t rows = 0;
        /// The target's `returned` of the rows that were not there yet.
        std::vector<std::string> values;
    };
    /// By one statement, which passes over rows that are there. Errors: as Connection::run().
    [[nodiscard]] Result<Inserted> insert(const std::function<void(Batch&)>& put);

private:
    Connection& connection_;
    const BatchTarget& target_;
    std::string copy_;
    std::string insert_;
};

}  // namespace pulse::storage::postgres
