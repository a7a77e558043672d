#pragma once

#include "base/error.h"
#include "storage/sql/session.h"

#include <cstdint>

namespace pulse::storage {

/// A number that changes with every change of what gateways hold: keys, policies, budgets, an
/// organisation's time zone. Errors here and below: storage_unavailable.
[[nodiscard]] Result<std::int64_t> keys_version(sql::Session& session);

/// Within the transaction of the change, behind its row of the audit log: whoever holds that chain
/// waits for nobody else.
[[nodiscard]] Result<void> note_key_change(sql::Session& session);
[[nodiscard]] Result<void> note_policy_change(sql::Session& session);

}  // namespace pulse::storage
