#pragma once

#include "base/error.h"
#include "storage/sql/session.h"
#include "storage/tables/keys.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulse::console {

/// What somebody may change of an organisation's keys, policies, budgets and projects: all, or
/// those of their teams. Value; not thread-safe.
class Reach {
public:
    [[nodiscard]] static Reach everything() { return Reach{std::nullopt}; }
    [[nodiscard]] static Reach of_teams(std::vector<std::string> teams) {
        return Reach{std::move(teams)};
    }

    /// Unset: everything.
    [[nodiscard]] const std::optional<std::vector<std::string>>& teams() const { return teams_; }
    [[nodiscard]] bool is_everything() const { return !teams_; }
    [[nodiscard]] bool has_team(std::string_view team) const;

private:
    explicit Reach(std::optional<std::vector<std::string>> teams) : teams_(std::move(teams)) {}
    std::optional<std::vector<std::string>> teams_;
};

/// Is what a scope names (a team, a project or a key of theirs) within reach? Errors here and
/// below: storage_unavailable.
[[nodiscard]] Result<bool> reaches(
    storage::sql::Session& session,
    const Reach& reach,
    std::string_view org,
    std::string_view scope,
    std::string_view scope_id);

/// May a key be as `row` says? Its team has to be within reach, its project of such a team, its
/// user a member of one, and the budgets of its policy no wider. Errors: forbidden.
[[nodiscard]] Result<void> check_reach(
    storage::sql::Session& session, const Reach& reach, const storage::KeyRow& row);

}  // namespace pulse::console
