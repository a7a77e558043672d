#pragma once

#include "base/error.h"
#include "storage/sql/session.h"
#include "storage/tables/audit.h"

namespace pulse::console {

/// A transaction in which nobody else changes anything that is audited: what it reads stays until
/// its end. Errors: storage_unavailable.
[[nodiscard]] inline Result<storage::sql::Transaction> begin_change(
    storage::sql::Session& session) {
    auto transaction = storage::sql::Transaction::begin(session);
    if (!transaction) {
        return transaction.error();
    }
    if (auto locked = storage::lock_audit(session); !locked) {
        return locked.error();
    }
    return transaction;
}

}  // namespace pulse::console
