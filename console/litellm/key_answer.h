#pragma once

#include "base/error.h"
#include "base/money.h"
#include "console/api/call.h"
#include "policy/limits/window.h"
#include "storage/tables/keys.h"

#include <string>
#include <string_view>
#include <vector>

namespace pulse::console::litellm {

/// What a key spent in the window of its budget, or ever.
struct KeySpend {
    Money spent;
    policy::Window window;
};
/// Of each of these, of one organisation. Errors: storage_unavailable.
[[nodiscard]] Result<std::vector<KeySpend>> spend_of(
    const Call& call, const std::string& time_zone, const std::vector<storage::KeyRow>& keys);

/// The members that LiteLLM shows of a key, as a JSON object. `secret`, where there is one, is the
/// key itself.
[[nodiscard]] std::string key_answer(
    const storage::KeyRow& row, const KeySpend& spend, std::string_view secret);

}  // namespace pulse::console::litellm
