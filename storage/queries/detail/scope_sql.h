#pragma once

#include "storage/queries/access_scope.h"
#include "storage/queries/detail/statement.h"

namespace pulse::storage::detail {

/// `t.<org> = … AND …`: the rows of table `t` that the scope lets see. `org` is the column of the
/// organisation; team, "user" and key_id are named alike everywhere.
void append_scope(Statement& statement, const AccessScope& scope, SqlText org);

}  // namespace pulse::storage::detail
