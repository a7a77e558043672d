#pragma once

#include "storage/sole_gateway.h"

#include <memory>
#include <string_view>

namespace pulse::storage::postgres {

/// An advisory lock of a session of its own, for the tables that the address leads to: two
/// installations may share a database by schemas. The server is told to look after the session's
/// connection, so that a machine that dies loses the lock within half a minute. A session of our
/// own that the server has not given up yet is ended. **Source**: PostgreSQL 15 manual, §13.3.5 and
/// §20.3.2. Errors: configuration.
[[nodiscard]] Result<std::unique_ptr<SoleGateway>> open_sole_gateway(std::string_view url);

}  // namespace pulse::storage::postgres
