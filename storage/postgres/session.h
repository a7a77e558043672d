#pragma once

#include "storage/postgres/connection.h"
#include "storage/sql/session.h"

namespace pulse::storage::postgres {

/// sql::Session over a Connection, which it borrows. Parameters go as text, of the types that the
/// server infers: where it cannot, the statement says `$1::text`. A result is held as a whole.
/// Blocking; one thread at a time.
class Session final : public sql::Session {
public:
    explicit Session(Connection& connection) : connection_(connection) {}

    [[nodiscard]] sql::Engine engine() const override { return sql::Engine::postgresql; }
    using sql::Session::each;
    using sql::Session::run;
    [[nodiscard]] Result<std::int64_t> run(
        std::string_view statement, std::span<const sql::Value> parameters) override;
    [[nodiscard]] Result<void> each(
        std::string_view statement,
        std::span<const sql::Value> parameters,
        const std::function<void(const sql::Row&)>& take) override;
    [[nodiscard]] Result<void> execute_script(std::string_view script) override {
        return connection_.script(std::string{script});
    }
    [[nodiscard]] Result<void> begin() override { return connection_.begin(); }
    [[nodiscard]] Result<void> commit() override { return connection_.commit(); }
    void roll_back() override { connection_.roll_back(); }

private:
    [[nodiscard]] Result<PgResult> query(
        std::string_view statement, std::span<const sql::Value> parameters);
    Connection& connection_;
};

}  // namespace pulse::storage::postgres
