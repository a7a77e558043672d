#pragma once

#include "storage/sql/session.h"

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace pulse::storage::tests {

/// Runs statements through another session, and keeps the plan of each.
class ExplainingSession final : public sql::Session {
public:
    explicit ExplainingSession(sql::Session& inner) : inner_(inner) {}

    [[nodiscard]] sql::Engine engine() const override { return inner_.engine(); }
    using Session::each;
    using Session::run;
    [[nodiscard]] Result<std::int64_t> run(
        std::string_view statement, std::span<const sql::Value> parameters) override {
        explain(statement, parameters);
        return inner_.run(statement, parameters);
    }
    [[nodiscard]] Result<void> each(
        std::string_view statement,
        std::span<const sql::Value> parameters,
        const std::function<void(const sql::Row&)>& take) override {
        explain(statement, parameters);
        return inner_.each(statement, parameters, take);
    }
    [[nodiscard]] Result<void> execute_script(std::string_view script) override {
        return inner_.execute_script(script);
    }
    [[nodiscard]] Result<void> begin() override { return inner_.begin(); }
    [[nodiscard]] Result<void> commit() override { return inner_.commit(); }
    void roll_back() override { inner_.roll_back(); }

    /// The plans since the last call, a line for each step.
    [[nodiscard]] std::string take_plans() { return std::exchange(plans_, {}); }

private:
    void explain(std::string_view statement, std::span<const sql::Value> parameters) {
        const bool is_sqlite = engine() == sql::Engine::sqlite;
        const std::string explained =
            (is_sqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN (COSTS OFF) ") + std::string{statement};
        const auto read = inner_.each(explained, parameters, [&](const sql::Row& row) {
            plans_.append(row.text(is_sqlite ? 3 : 0)).append("\n");
        });
        if (!read) {
            plans_.append(read.error().detail()).append("\n");
        }
    }

    sql::Session& inner_;
    std::string plans_;
};

}  // namespace pulse::storage::tests
