#pragma once

#include "base/error.h"

#include <libpq-fe.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace pulse::storage::postgres {

struct FreeResult {
    void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, FreeResult>;

struct CloseConnection {
    void operator()(PGconn* connection) const { PQfinish(connection); }
};

/// A libpq connection that connects when it is first needed and again after it was lost, and whose
/// every wait ends: a server that is frozen costs the statement's time and no more. Statements are
/// unnamed and nothing is kept in the session that a pooler in transaction mode would lose.
/// Blocking; one thread at a time. **Source**: PostgreSQL 15 manual, chapter 34.
class Connection {
public:
    /// `url`: `postgresql://…`, `postgres://…` with all that libpq takes, or `postgresql:` and
    /// keywords. Does not connect. Errors: configuration; never with a password in it.
    [[nodiscard]] static Result<Connection> make(std::string_view url);

    /// Runs one statement with parameters as text, a null pointer for NULL. Errors: invalid_request
    /// when the values are refused, storage_unavailable otherwise.
    [[nodiscard]] Result<PgResult> run(
        const char* statement, std::span<const char* const> parameters = {});
    /// Runs several statements, without parameters. Errors: as run().
    [[nodiscard]] Result<void> script(const std::string& statements);
    /// Runs a COPY … FROM STDIN with `rows` in its text format. Errors: as run().
    [[nodiscard]] Result<void> copy_in(const char* statement, std::string_view rows);

    [[nodiscard]] Result<void> begin();
    [[nodiscard]] Result<void> commit();
    void roll_back();
    [[nodiscard]] bool is_in_transaction() const { return is_in_transaction_; }

    /// Whether the server's session is ours alone; not behind a pooler, which hands it on after
    /// each transaction. Errors: storage_unavailable.
    [[nodiscard]] Result<bool> has_own_session();
    /// Grows with each connecting: what a session holds is gone when it differs.
    [[nodiscard]] std::uint64_t generation() const { return generation_; }

    /// What a statement may take, from the next transaction or connection on.
    void set_statement_timeout(std::chrono::milliseconds timeout) { statement_timeout_ = timeout; }
    [[nodiscard]] std::chrono::milliseconds statement_timeout() const { return statement_timeout_; }

    /// As Database::give_up_by(): a connection that still waits then is lost. Connecting takes its
    /// own time. Thread-safe.
    void give_up_by(std::chrono::steady_clock::time_point time) { give_up_by_->store(time); }

private:
    using Deadline = std::chrono::steady_clock::time_point;

    explicit Connection(std::string conninfo, std::string options)
        : conninfo_(std::move(conninfo)), options_(std::move(options)) {}
    [[nodiscard]] Result<void> connect();
    [[nodiscard]] Result<void> try_connect(bool with_options);
    [[nodiscard]] Result<void> learn_session();
    [[nodiscard]] std::string session_mark() const;
    [[nodiscard]] Result<void> ready();
    [[nodiscard]] Deadline deadline() const;
    [[nodiscard]] Result<void> wait(bool for_write, Deadline until);
    [[nodiscard]] Result<void> flush(Deadline until);
    [[nodiscard]] Result<PgResult> next_result(Deadline until);
    [[nodiscard]] Result<PgResult> finish(Deadline until);
    [[nodiscard]] Result<PgResult> simple(const char* statement);
    [[nodiscard]] Error lost(std::string_view why);
    [[nodiscard]] Error lost();

    std::string conninfo_;
    std::string options_;  ///< the address's own `options`
    std::unique_ptr<PGconn, CloseConnection> connection_;
    bool is_in_transaction_ = false;
    bool has_own_session_ = false;
    std::uint64_t generation_ = 0;
    Deadline made_at_ = std::chrono::steady_clock::now();
    std::chrono::milliseconds statement_timeout_{10'000};
    std::chrono::milliseconds session_timeout_{0};  ///< what the session has; 0: unknown
    std::chrono::milliseconds backoff_{0};
    Deadline next_try_{};
    /// Behind a pointer, so that connections can be moved.
    std::unique_ptr<std::atomic<Deadline>> give_up_by_ =
        std::make_unique<std::atomic<Deadline>>(Deadline::max());
};

}  // namespace pulse::storage::postgres
