#include "console/admin/reach.h"

#include "policy/access/policy.h"
#include "storage/tables/owners.h"
#include "storage/tables/users.h"

#include <algorithm>

namespace pulse::console {
namespace {

using storage::KeyRow;
using storage::sql::Session;

[[nodiscard]] Error refused(std::string detail) {
    return Error{Errc::forbidden, std::move(detail)};
}

[[nodiscard]] Result<bool> has_project(
    Session& session, const Reach& reach, std::string_view org, std::string_view id) {
    const auto project = storage::find_owner(session, storage::OwnerKind::project, org, id);
    if (!project) {
        return project.error();
    }
    return *project && reach.has_team((*project)->team);
}

[[nodiscard]] Result<bool> has_user(
    Session& session, const Reach& reach, std::string_view org, std::string_view id) {
    const auto user = storage::find_user(session, org, id);
    if (!user) {
        return user.error();
    }
    return *user &&
           std::any_of(
               (*user)->teams.begin(),
               (*user)->teams.end(),
               [&](const storage::TeamMembership& one) { return reach.has_team(one.team); });
}

[[nodiscard]] Result<void> check_budgets(Session& session, const Reach& reach, const KeyRow& row) {
    const auto policy = policy::parse_policy(row.policy_json);
    if (!policy) {
        return policy.error();
    }
    for (const policy::Budget& budget : policy->budgets) {
        const bool is_own = budget.scope == policy::Scope::key || budget.scope_id.empty();
        if (is_own && budget.scope != policy::Scope::organisation) {
            continue;
        }
        const auto within =
            reaches(session, reach, row.org, to_string(budget.scope), budget.scope_id);
        if (!within) {
            return within.error();
        }
        if (!*within) {
            return refused(
                "a budget of scope " + std::string{to_string(budget.scope)} +
                " also counts what others spend: an admin may make it");
        }
    }
    return {};
}

}  // namespace

bool Reach::has_team(std::string_view team) const {
    return !teams_ || std::find(teams_->begin(), teams_->end(), team) != teams_->end();
}

Result<bool> reaches(
    Session& session,
    const Reach& reach,
    std::string_view org,
    std::string_view scope,
    std::string_view scope_id) {
    if (reach.is_everything()) {
        return true;
    }
    if (scope == "team") {
        return reach.has_team(scope_id);
    }
    if (scope == "project") {
        return has_project(session, reach, org, scope_id);
    }
    if (scope == "key") {
        const auto found = storage::key(session, scope_id);
        if (!found) {
            return found.error();
        }
        return *found && (*found)->org == org && reach.has_team((*found)->team);
    }
    return false;
}

Result<void> check_reach(Session& session, const Reach& reach, const KeyRow& row) {
    if (reach.is_everything()) {
        return {};
    }
    if (row.team.empty() || !reach.has_team(row.team)) {
        return refused("a manager's keys are of one of their teams: name one of yours in `team`");
    }
    if (!row.project.empty()) {
        const auto within = has_project(session, reach, row.org, row.project);
        if (!within) {
            return within.error();
        }
        if (!*within) {
            return refused("the project `" + row.project + "` is not one of your teams'");
        }
    }
    if (!row.user.empty()) {
        const auto within = has_user(session, reach, row.org, row.user);
        if (!within) {
            return within.error();
        }
        if (!*within) {
            return refused("the user `" + row.user + "` is in none of your teams");
        }
    }
    return check_budgets(session, reach, row);
}

}  // namespace pulse::console
