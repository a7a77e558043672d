#pragma once

#include "storage/sql/session.h"
#include "storage/sqlite/connection.h"

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pulse::storage::sqlite {

/// sql::Session over a connection that lives longer. Statements stay prepared, the ones that were
/// used last. One thread at a time.
class SqliteSession final : public sql::Session {
public:
    explicit SqliteSession(Connection& connection) : connection_(&connection) {}

    [[nodiscard]] sql::Engine engine() const override { return sql::Engine::sqlite; }
    using Session::each;
    using Session::run;
    [[nodiscard]] Result<std::int64_t> run(
        std::string_view statement, std::span<const sql::Value> parameters) override;
    [[nodiscard]] Result<void> each(
        std::string_view statement,
        std::span<const sql::Value> parameters,
        const std::function<void(const sql::Row&)>& take) override;
    [[nodiscard]] Result<void> execute_script(std::string_view script) override;
    [[nodiscard]] Result<void> begin() override;
    [[nodiscard]] Result<void> commit() override;
    void roll_back() override;

    /// Lets go of what was prepared, before the schema changes under it.
    void forget_statements();

private:
    struct Prepared {
        std::string text;
        Statement statement;
        std::vector<std::size_t> numbers;  ///< of SQLite's parameters, in its order: 1 for `$1`
    };
    /// A statement while it runs: out of the cache, so that a statement within each() may be the
    /// same one; given back, reset, at the end.
    class Run;
    [[nodiscard]] Result<Prepared> take(std::string_view statement);
    void give_back(Prepared prepared);

    static constexpr std::size_t kPreparedMax = 64;
    Connection* connection_;
    std::list<Prepared> prepared_;  ///< the one that was used last in front
    std::unordered_map<std::string_view, std::list<Prepared>::iterator> by_text_;
};

}  // namespace pulse::storage::sqlite
