#pragma once

#include "base/error.h"
#include "storage/sql/row.h"
#include "storage/sql/value.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace pulse::storage::sql {

enum class Engine : std::uint8_t { sqlite, postgresql };

/// A connection that runs statements which both engines understand: parameters are `$1`, `$2` …,
/// each statement is a constant (values are parameters, never text in it), what the engines say
/// differently comes from dialect.h. Blocking; one thread at a time. A lost connection is
/// storage_unavailable for the statement that met it; the next one outside a transaction connects
/// again.
class Session {
public:
    Session() = default;
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
    virtual ~Session() = default;

    [[nodiscard]] virtual Engine engine() const = 0;

    /// Runs a statement without rows; how many rows it changed. Errors: invalid_request for a
    /// broken constraint, storage_unavailable.
    [[nodiscard]] virtual Result<std::int64_t> run(
        std::string_view statement, std::span<const Value> parameters) = 0;
    /// Hands each row to `take`, which lives no longer than the call. Errors: as run().
    [[nodiscard]] virtual Result<void> each(
        std::string_view statement,
        std::span<const Value> parameters,
        const std::function<void(const Row&)>& take) = 0;

    /// Runs statements without parameters and rows, separated by semicolons: migrations. In a
    /// transaction of the caller's. Errors: as run().
    [[nodiscard]] virtual Result<void> execute_script(std::string_view script) = 0;

    /// A transaction that writes, taken at once where the engine has to be asked for that. Use
    /// Transaction. Errors: storage_unavailable.
    [[nodiscard]] virtual Result<void> begin() = 0;
    [[nodiscard]] virtual Result<void> commit() = 0;
    /// Nothing where no transaction is open.
    virtual void roll_back() = 0;

    [[nodiscard]] Result<std::int64_t> run(
        std::string_view statement, std::initializer_list<Value> parameters) {
        return run(statement, std::span<const Value>{parameters.begin(), parameters.size()});
    }
    [[nodiscard]] Result<void> each(
        std::string_view statement,
        std::initializer_list<Value> parameters,
        const std::function<void(const Row&)>& take) {
        return each(statement, std::span<const Value>{parameters.begin(), parameters.size()}, take);
    }
};

/// Rolled back unless committed.
class Transaction {
public:
    /// Errors: storage_unavailable.
    [[nodiscard]] static Result<Transaction> begin(Session& session);
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();
    [[nodiscard]] Result<void> commit();

private:
    explicit Transaction(Session& session) : session_(&session) {}
    Session* session_;
};

/// All rows, each made by `make` (a function of Row). Errors: as Session::each().
template <class Make>
[[nodiscard]] auto select(
    Session& session, std::string_view statement, std::span<const Value> parameters, Make make)
    -> Result<std::vector<decltype(make(std::declval<const Row&>()))>> {
    std::vector<decltype(make(std::declval<const Row&>()))> rows;
    if (auto done =
            session.each(statement, parameters, [&](const Row& row) { rows.push_back(make(row)); });
        !done) {
        return done.error();
    }
    return rows;
}
template <class Make>
[[nodiscard]] auto select(
    Session& session,
    std::string_view statement,
    std::initializer_list<Value> parameters,
    Make make) {
    return select(
        session,
        statement,
        std::span<const Value>{parameters.begin(), parameters.size()},
        std::move(make));
}

/// The first row, or none.
template <class Make>
[[nodiscard]] auto select_one(
    Session& session,
    std::string_view statement,
    std::initializer_list<Value> parameters,
    Make make) -> Result<std::optional<decltype(make(std::declval<const Row&>()))>> {
    std::optional<decltype(make(std::declval<const Row&>()))> found;
    auto done = session.each(
        statement,
        std::span<const Value>{parameters.begin(), parameters.size()},
        [&](const Row& row) {
            if (!found) {
                found.emplace(make(row));
            }
        });
    if (!done) {
        return done.error();
    }
    return found;
}

}  // namespace pulse::storage::sql
