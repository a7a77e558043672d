#pragma once

#include "policy/quota_store.h"
#include "policy/redis/numbers.h"

#include <span>

/// What scripts answer, as values. The reader stands behind {status, now}.
namespace pulse::policy::redis {

struct Refused {
    Verdict verdict;
    bool is_held_ahead = false;  ///< allotments hold a part of some scope's limits
};

[[nodiscard]] Verdict read_admitted(NumberReader& answer);
/// `ask` is the one that was sent: its limits word the refusal.
[[nodiscard]] Refused read_refused(const Ask& ask, NumberReader& answer);
[[nodiscard]] Standing read_standing(
    std::span<const ScopeLimits* const> scopes, NumberReader& answer);

}  // namespace pulse::policy::redis
