#include "storage/postgres/session.h"

#include "storage/postgres/text_values.h"

#include <charconv>
#include <type_traits>
#include <variant>
#include <vector>

namespace pulse::storage::postgres {
namespace {

/// A row of a result in memory.
class ResultRow final : public sql::Row {
public:
    explicit ResultRow(const PGresult* result) : result_(result) {}
    void go_to(int row) { row_ = row; }

    [[nodiscard]] bool is_null(int column) const override {
        return PQgetisnull(result_, row_, column) != 0;
    }
    [[nodiscard]] std::string_view text(int column) const override {
        return {
            PQgetvalue(result_, row_, column),
            static_cast<std::size_t>(PQgetlength(result_, row_, column))};
    }
    [[nodiscard]] std::int64_t integer(int column) const override {
        const std::string_view digits = text(column);
        if (digits == "t") {
            return 1;  // a condition, which SQLite gives as a number
        }
        std::int64_t value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return value;
    }
    [[nodiscard]] bool boolean(int column) const override {
        const std::string_view value = text(column);
        return value == "t" || value == "1";
    }
    [[nodiscard]] TimePoint time(int column) const override {
        return parse_time(text(column)).value_or(TimePoint{});
    }

private:
    const PGresult* result_;
    int row_ = 0;
};

/// The text that the server reads; none for NULL.
[[nodiscard]] std::optional<std::string> text_of(const sql::Value& value) {
    return std::visit(
        [](const auto& held) -> std::optional<std::string> {
            using Held = std::decay_t<decltype(held)>;
            if constexpr (std::is_same_v<Held, std::monostate>) {
                return std::nullopt;
            } else if constexpr (std::is_same_v<Held, bool>) {
                return held ? "t" : "f";
            } else if constexpr (std::is_same_v<Held, std::string>) {
                return held;
            } else if constexpr (std::is_same_v<Held, TimePoint>) {
                std::string text;
                append_time(text, held);
                return text;
            } else {
                return std::to_string(held);
            }
        },
        value.held());
}

}  // namespace

Result<PgResult> Session::query(
    std::string_view statement, std::span<const sql::Value> parameters) {
    std::vector<std::optional<std::string>> texts;
    texts.reserve(parameters.size());
    std::vector<const char*> pointers;
    pointers.reserve(parameters.size());
    for (const sql::Value& parameter : parameters) {
        texts.push_back(text_of(parameter));
        const auto& text = texts.back();
        if (text && text->find('\0') != std::string::npos) {
            return Error{Errc::invalid_request, "postgresql: a text with a zero byte"};
        }
        pointers.push_back(text ? text->c_str() : nullptr);
    }
    return connection_.run(std::string{statement}.c_str(), pointers);
}

Result<std::int64_t> Session::run(
    std::string_view statement, std::span<const sql::Value> parameters) {
    const Result<PgResult> done = query(statement, parameters);
    if (!done) {
        return done.error();
    }
    const std::string_view changed = PQcmdTuples(done->get());
    std::int64_t rows = 0;
    std::from_chars(changed.data(), changed.data() + changed.size(), rows);
    return rows;
}

Result<void> Session::each(
    std::string_view statement,
    std::span<const sql::Value> parameters,
    const std::function<void(const sql::Row&)>& take) {
    const Result<PgResult> done = query(statement, parameters);
    if (!done) {
        return done.error();
    }
    ResultRow row{done->get()};
    for (int i = 0, rows = PQntuples(done->get()); i < rows; ++i) {
        row.go_to(i);
        take(row);
    }
    return {};
}

}  // namespace pulse::storage::postgres
