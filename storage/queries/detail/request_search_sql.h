#pragma once

#include "base/error.h"
#include "storage/queries/detail/statement.h"
#include "storage/queries/request_search.h"

namespace pulse::storage::detail {

/// At most `limit` rows of the search's time, newest first; behind the cursor, whose time ends the
/// search's. Errors: invalid_request for an id that is none.
[[nodiscard]] Result<Statement> request_search_statement(
    sql::Engine engine, const AccessScope& scope, const RequestSearch& search);

}  // namespace pulse::storage::detail
