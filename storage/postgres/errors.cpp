#include "storage/postgres/errors.h"

#include <string>
#include <utility>

namespace pulse::storage::postgres {
namespace {

[[nodiscard]] std::string_view field_of(const PGresult* result, int code) {
    const char* const text = PQresultErrorField(result, code);
    return text == nullptr ? std::string_view{} : text;
}

}  // namespace

bool is_refusal_of_row(std::string_view code, std::string_view constraint) {
    // A CHECK without a name: there is no partition for the row, not even the default one.
    if (code == "23514" && constraint.empty()) {
        return false;
    }
    // Data exceptions, broken constraints; 54: a value too long for an index.
    return code.starts_with("22") || code.starts_with("23") || code.starts_with("54");
}

Error error_of(const PGresult* result) {
    const std::string_view state = field_of(result, PG_DIAG_SQLSTATE);
    std::string detail = "postgresql: ";
    detail.append(field_of(result, PG_DIAG_MESSAGE_PRIMARY));
    if (const std::string_view column = field_of(result, PG_DIAG_COLUMN_NAME); !column.empty()) {
        detail.append(" (column ").append(column).append(")");
    }
    detail.append(" [").append(state).append("]");
    return Error{
        is_refusal_of_row(state, field_of(result, PG_DIAG_CONSTRAINT_NAME))
            ? Errc::invalid_request
            : Errc::storage_unavailable,
        std::move(detail)};
}

std::string_view trimmed(const char* message) {
    std::string_view text = message == nullptr ? "" : message;
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) {
        text.remove_suffix(1);
    }
    return text;
}

}  // namespace pulse::storage::postgres
