#pragma once

#include "base/error.h"
#include "storage/sqlite/batch_table.h"

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace pulse::storage::sqlite {

/// A prepared statement. Columns count from 0, parameters from 1, as SQLite's own do. Bound text is
/// not copied: it must live until reset(). Value; not thread-safe.
class Statement {
public:
    Statement() = default;
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

    void bind(int parameter, std::int64_t value) {
        sqlite3_bind_int64(statement_.get(), parameter, value);
    }
    void bind(int parameter, std::string_view text) {
        // SQLite takes text without an address for NULL.
        sqlite3_bind_text(
            statement_.get(),
            parameter,
            text.empty() ? "" : text.data(),
            static_cast<int>(text.size()),
            SQLITE_STATIC);
    }
    /// The rows of `pulse_batch(?)`; they must live until reset().
    void bind_rows(int parameter, BatchRows& rows) {
        sqlite3_bind_pointer(statement_.get(), parameter, &rows, kBatchRowsPointer, nullptr);
    }
    void bind_null(int parameter) { sqlite3_bind_null(statement_.get(), parameter); }
    /// Empty text is "not said": NULL.
    void bind_or_null(int parameter, std::string_view text) {
        text.empty() ? bind_null(parameter) : bind(parameter, text);
    }

    /// SQLITE_ROW, SQLITE_DONE or an error's extended code.
    [[nodiscard]] int step() { return sqlite3_step(statement_.get()); }
    /// Ends a run, so that the statement holds no lock and may run again.
    void reset() { sqlite3_reset(statement_.get()); }

    [[nodiscard]] int parameters() const { return sqlite3_bind_parameter_count(statement_.get()); }
    /// As it stands in the statement; null for one that has no name.
    [[nodiscard]] const char* parameter_name(int parameter) const {
        return sqlite3_bind_parameter_name(statement_.get(), parameter);
    }

    [[nodiscard]] bool is_null(int column) const {
        return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
    }
    [[nodiscard]] std::int64_t integer(int column) const {
        return sqlite3_column_int64(statement_.get(), column);
    }
    /// Valid until the next step(); empty for NULL.
    [[nodiscard]] std::string_view text(int column) const;

private:
    struct Finalizer {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

/// One connection to a database file: WAL, foreign keys on, the money functions and the batch table
/// registered, every commit durable unless a transaction says otherwise. One thread at a time.
class Connection {
public:
    /// Makes the file with mode 0600, and its folder with 0700, where they are missing. Errors:
    /// storage_unavailable.
    [[nodiscard]] static Result<Connection> open(const std::filesystem::path& path);

    /// Runs statements without parameters or rows. Errors: storage_unavailable.
    [[nodiscard]] Result<void> execute(const char* sql);
    /// Errors: storage_unavailable.
    [[nodiscard]] Result<Statement> prepare(std::string_view sql);
    /// Runs a statement that has no rows, and resets it. Errors: as error().
    [[nodiscard]] Result<void> run(Statement& statement);
    /// What was committed outlives a power cut from here on. Errors: storage_unavailable.
    [[nodiscard]] Result<void> sync_log();

    /// What went wrong in the last call: invalid_request for a broken constraint, else
    /// storage_unavailable.
    [[nodiscard]] Error error(std::string_view doing) const;
    [[nodiscard]] std::int64_t changes() const { return sqlite3_changes64(database_.get()); }
    /// Since the connection was opened, those of foreign keys' actions with them.
    [[nodiscard]] std::int64_t total_changes() const {
        return sqlite3_total_changes64(database_.get());
    }
    [[nodiscard]] bool in_transaction() const {
        return sqlite3_get_autocommit(database_.get()) == 0;
    }

private:
    struct Closer {
        void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
    };
    Connection(std::filesystem::path path, sqlite3* database)
        : path_(std::move(path)), database_(database) {}
    std::filesystem::path path_;
    std::unique_ptr<sqlite3, Closer> database_;
};

/// True for codes that speak of one row's data, not of the database's state.
[[nodiscard]] bool is_refusal_of_row(int code);

/// A write transaction, taken at once so that it never has to be upgraded; rolled back unless
/// committed.
class Transaction {
public:
    /// When a commit outlives a power cut.
    enum class Durable : std::uint8_t {
        at_commit,
        at_sync,  ///< at the next sync_log(), or the next commit that is durable itself
    };
    [[nodiscard]] static Result<Transaction> begin(
        Connection& connection, Durable durable = Durable::at_commit);
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();
    [[nodiscard]] Result<void> commit();

private:
    Transaction(Connection& connection, Durable durable)
        : connection_(&connection), durable_(durable) {}
    Connection* connection_;
    Durable durable_;
};

}  // namespace pulse::storage::sqlite
