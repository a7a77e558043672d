#include "console/admin/scope_check.h"

#include "storage/tables/keys.h"
#include "storage/tables/owners.h"

namespace pulse::console {
namespace {

using policy::Scope;
using storage::OwnerKind;
using storage::sql::Session;

[[nodiscard]] Error wrong_id(std::string detail) {
    return Error{Errc::invalid_request, "`scope_id`: " + std::move(detail)}.with_param("scope_id");
}

[[nodiscard]] Result<void> check_form(Scope scope, const std::string& id) {
    if (scope == Scope::organisation) {
        return id.empty()
                   ? Result<void>{}
                   : Result<void>{wrong_id("is left out with scope organisation: it is yours")};
    }
    if (id.empty()) {
        return wrong_id("is missing: which " + std::string{to_string(scope)} + "?");
    }
    const std::size_t equals = id.find('=');
    if (scope == Scope::tag && (equals == std::string::npos || equals == 0)) {
        return wrong_id("of a tag is NAME=VALUE; VALUE may be a glob");
    }
    return {};
}

[[nodiscard]] Result<bool> is_there(
    Session& session, std::string_view org, Scope scope, const std::string& id) {
    if (scope == Scope::team || scope == Scope::project) {
        const auto owner = storage::find_owner(
            session, scope == Scope::team ? OwnerKind::team : OwnerKind::project, org, id);
        if (!owner) {
            return owner.error();
        }
        return owner->has_value();
    }
    if (scope == Scope::key) {
        const auto key = storage::key(session, id);
        if (!key) {
            return key.error();
        }
        return *key && (*key)->org == org;
    }
    return true;  // users, applications, clients, models and tags may come with a request first
}

}  // namespace

Result<void> check_scope(
    Session& session,
    const Reach& reach,
    std::string_view org,
    Scope scope,
    const std::string& scope_id) {
    if (auto fit = check_form(scope, scope_id); !fit) {
        return fit;
    }
    const auto within = reaches(session, reach, org, to_string(scope), scope_id);
    if (!within) {
        return within.error();
    }
    if (!*within) {
        return Error{
            Errc::forbidden,
            "a manager's policies and budgets are of their teams, and of the projects and keys of "
            "these"};
    }
    const auto there = is_there(session, org, scope, scope_id);
    if (!there) {
        return there.error();
    }
    if (!*there) {
        return wrong_id("there is no " + std::string{to_string(scope)} + " `" + scope_id + "`");
    }
    return {};
}

}  // namespace pulse::console
