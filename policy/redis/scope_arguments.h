#pragma once

#include "base/money.h"
#include "policy/limits/scope_limits.h"
#include "policy/redis/numbers.h"
#include "policy/redis/organisation.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::policy::redis {

/// What a script is to do to several scopes at once.
struct ScopesAsk {
    std::span<const ScopeLimits* const> scopes;
    double now = -1;  ///< microseconds since the epoch; negative: the server's own
    Money amount;
    std::int64_t tokens = 0;
    std::string_view word;  ///< what else the script wants: an id, a number of seconds
};

/// The arguments of the scripts over scopes, as scripts/scopes.lua has them. Their memory is used
/// again. Lives on one worker.
class ScopeArguments {
public:
    /// Valid until the next call, as long as `epoch`, `windows` and the ask's word are.
    [[nodiscard]] std::span<const std::string_view> write(
        std::string_view epoch, const OpenWindows& windows, const ScopesAsk& ask);

    /// The numbers and names of the last ask in one text, as scripts/posted.lua has it.
    [[nodiscard]] std::string posted() const;

private:
    NumberText numbers_;
    std::string names_;
    std::vector<std::string> fields_;
    std::vector<std::string_view> all_;
};

}  // namespace pulse::policy::redis
