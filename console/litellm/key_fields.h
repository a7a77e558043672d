#pragma once

#include "console/admin/keys.h"
#include "console/api/fields.h"
#include "policy/access/policy.h"
#include "storage/tables/keys.h"

#include <string>

namespace pulse::console::litellm {

/// What a body of /key/generate or /key/update asks of a key that is `row` now. A field that would
/// limit and has no equal here is a problem of `body`, never ignored; one that says nothing (null,
/// false, 0, empty) passes.
[[nodiscard]] KeyFields read_key_fields(
    BodyFields& body, const storage::KeyRow& row, TimePoint now);

/// Refuses all fields that nobody asked for and that say something.
void refuse_others(BodyFields& body);

/// The budget of the key itself, hard or soft; null where there is none.
[[nodiscard]] const policy::Budget* key_budget(const policy::Policy& policy, bool soft);

}  // namespace pulse::console::litellm
