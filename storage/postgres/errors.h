#pragma once

#include "base/error.h"

#include <libpq-fe.h>

#include <string_view>

namespace pulse::storage::postgres {

/// Whether a failure with that code (SQLSTATE) says that a row's values are at fault and not the
/// database's state. `constraint` is the name of the one that was broken, empty for none.
[[nodiscard]] bool is_refusal_of_row(std::string_view code, std::string_view constraint);

/// Of a result that is a failure: invalid_request for a row's fault, else storage_unavailable.
/// Without the server's DETAIL, which repeats whole rows.
[[nodiscard]] Error error_of(const PGresult* result);

/// A message of libpq's without its line break.
[[nodiscard]] std::string_view trimmed(const char* message);

}  // namespace pulse::storage::postgres
