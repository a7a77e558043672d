#pragma once

#include "policy/access/policy.h"

#include <optional>
#include <string_view>

namespace pulse::console {

/// As policy::to_string() writes them.
[[nodiscard]] std::optional<policy::Scope> parse_scope(std::string_view text);
[[nodiscard]] std::optional<policy::Period> parse_period(std::string_view text);

/// For error messages.
inline constexpr std::string_view kScopeRule =
    "takes organisation, team, project, user, app, client, key, model or tag";
inline constexpr std::string_view kPolicyScopeRule =
    "takes organisation, team, project, user or app; a key's own policy stands with the key";
inline constexpr std::string_view kPeriodRule = "takes hour, day, week, month or total";

/// May a policy of its own be of that scope?
[[nodiscard]] bool is_policy_scope(policy::Scope scope);

}  // namespace pulse::console
