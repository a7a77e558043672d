#pragma once

#include "policy/quota_store.h"
#include "policy/redis/numbers.h"

#include <span>

/// What scripts answer, as values. The reader stands behind {status, now}.
namespace pulse::policy::redis {

[[nodiscard]] Verdict read_admitted(NumberReader& answer);
/// `ask` is the one that was sent: its limits word the refusal.
[[nodiscard]] Verdict read_refused(const Ask& ask, NumberReader& answer);
[[nodiscard]] Standing read_standing(
    std::span<const ScopeLimits* const> scopes, NumberReader& answer);

}  // namespace pulse::policy::redis
