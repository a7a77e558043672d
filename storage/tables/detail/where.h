#pragma once

#include "storage/sql/value.h"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulse::storage::detail {

/// The conditions of a statement and their parameters. Value; not thread-safe.
class Where {
public:
    /// Behind `first` parameters that the statement has already.
    explicit Where(std::vector<sql::Value> first = {}) : values_(std::move(first)) {}

    /// A parameter's name, "$3".
    [[nodiscard]] std::string value(sql::Value value) {
        values_.push_back(std::move(value));
        return "$" + std::to_string(values_.size());
    }
    /// `condition` is a constant but for names of value().
    void add(std::string_view condition) {
        text_.append(text_.empty() ? " WHERE " : " AND ").append(condition);
    }
    /// `column = value`, where there is a value.
    void equal(std::string_view column, std::string_view wanted) {
        if (!wanted.empty()) {
            add(std::string{column} + " = " + value(sql::Value{wanted}));
        }
    }
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::span<const sql::Value> values() const { return values_; }

private:
    std::string text_;
    std::vector<sql::Value> values_;
};

}  // namespace pulse::storage::detail
