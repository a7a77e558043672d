#include "storage/queries/detail/statement.h"

#include "base/assert.h"
#include "storage/sql/dialect.h"

#include <utility>

namespace pulse::storage::detail {

Statement& Statement::operator<<(SqlText piece) {
    text_ += piece.text();
    return *this;
}

Statement& Statement::value(sql::Value value) {
    parameters_.push_back(std::move(value));
    text_ += '$';
    text_ += std::to_string(parameters_.size());
    return *this;
}

Statement& Statement::values(std::span<const std::string> values) {
    PULSE_ASSERT(!values.empty());
    for (const std::string& one : values) {
        if (&one != values.data()) {
            text_ += ", ";
        }
        value(one);
    }
    return *this;
}

Statement& Statement::numbered(SqlText prefix, std::size_t number) {
    text_ += prefix.text();
    text_ += std::to_string(number);
    return *this;
}

Statement& Statement::sum(SqlText column) {
    text_ += sql::sum_of(engine_, column.text());
    return *this;
}

Statement& Statement::at_least(SqlText column, Money least) {
    if (!is_sqlite()) {
        return (*this << column << " >= ").value(least);
    }
    // What is left after taking `least` away: text that begins with '-', which sorts before '0'.
    text_ += "pulse_add(";
    return (*this << column << ", ").value(Money{} - least) << ") >= '0'";
}

Statement& Statement::byte_order() {
    return is_sqlite() ? *this : *this << " COLLATE \"C\"";
}

}  // namespace pulse::storage::detail
