#pragma once

#include "base/money.h"
#include "storage/sql/session.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage::detail {

/// A piece of SQL that stands in the source: nothing that is only known at run time becomes one.
class SqlText {
public:
    consteval SqlText(const char* text) : text_(text) {}  // NOLINT(google-explicit-constructor)
    [[nodiscard]] constexpr std::string_view text() const { return text_; }

private:
    std::string_view text_;
};

/// A statement under construction and its parameters: text from the source, values as `$n`, so that
/// a value is data whatever it holds. Value; not thread-safe.
class Statement {
public:
    explicit Statement(sql::Engine engine) : engine_(engine) {}

    [[nodiscard]] sql::Engine engine() const { return engine_; }
    [[nodiscard]] bool is_sqlite() const { return engine_ == sql::Engine::sqlite; }
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::span<const sql::Value> parameters() const { return parameters_; }

    Statement& operator<<(SqlText piece);
    /// `$n`, and the value with it.
    Statement& value(sql::Value value);
    /// `$n, $m, …`; needs at least one.
    Statement& values(std::span<const std::string> values);
    /// `prefix` with a number behind it: "d0".
    Statement& numbered(SqlText prefix, std::size_t number);
    /// The exact sum of a column of money.
    Statement& sum(SqlText column);
    /// True where the column of money holds `least` or more, exactly.
    Statement& at_least(SqlText column, Money least);
    /// What makes text sort by its bytes in both engines.
    Statement& byte_order();

private:
    sql::Engine engine_;
    std::string text_;
    std::vector<sql::Value> parameters_;
};

}  // namespace pulse::storage::detail
