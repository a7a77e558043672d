#pragma once

#include "base/clock.h"
#include "console/access/login_throttle.h"
#include "console/access/password.h"
#include "console/api/router.h"
#include "storage/tables/owners.h"

#include <functional>
#include <string>
#include <vector>

namespace pulse::console {

/// What `GET /api/build-info` says.
struct BuildInfo {
    std::string version;
    std::string commit;
    std::string built_at;
    std::string compiler;
};

/// A name that callers may ask for, and where it goes. Value.
struct OfferedModel {
    std::string name;
    std::string provider;
    std::string model;
};

/// What the routes need beside the request; it outlives them.
struct RouteParts {
    BuildInfo build;
    PasswordHasher& passwords;
    LoginThrottle& throttle;
    /// The installation's, once it was read.
    std::function<const std::string&()> secret;
    std::string default_time_zone = "UTC";
    std::vector<OfferedModel> models = {};  ///< that the configuration names
};

/// THE table: every path of the console, and what each needs of who asks.
[[nodiscard]] std::vector<Route> make_routes(const RouteParts& parts);

// The areas' functions, one file each.
[[nodiscard]] Handle answer_build_info(const BuildInfo& build);
[[nodiscard]] Result<HttpResponse> answer_alive(const Call& call);
[[nodiscard]] Result<HttpResponse> answer_ready(const Call& call);

[[nodiscard]] Handle login_with_cookie(const RouteParts& parts);
[[nodiscard]] Handle login_with_token(const RouteParts& parts);
[[nodiscard]] Result<HttpResponse> logout(const Call& call);
[[nodiscard]] Result<HttpResponse> who_am_i(const Call& call);
[[nodiscard]] Handle give_csrf_token(const RouteParts& parts);
[[nodiscard]] Handle change_own_password(const RouteParts& parts);

[[nodiscard]] Result<HttpResponse> list_tokens(const Call& call);
[[nodiscard]] Result<HttpResponse> create_token(const Call& call);
[[nodiscard]] Result<HttpResponse> revoke_token(const Call& call);

[[nodiscard]] Result<HttpResponse> list_users(const Call& call);
[[nodiscard]] Handle create_user_by_api(const RouteParts& parts);
[[nodiscard]] Result<HttpResponse> get_user(const Call& call);
[[nodiscard]] Result<HttpResponse> patch_user(const Call& call);
[[nodiscard]] Handle reset_user_password(const RouteParts& parts);
/// Of these routes.
[[nodiscard]] Handle list_roles(const std::vector<Route>& routes);

[[nodiscard]] Handle get_org(const RouteParts& parts);
[[nodiscard]] Handle patch_org(const RouteParts& parts);
[[nodiscard]] Result<HttpResponse> list_audit_log(const Call& call);

[[nodiscard]] Handle query_costs(const RouteParts& parts);
[[nodiscard]] Handle show_kpis(const RouteParts& parts);
[[nodiscard]] Handle list_cost_events(const RouteParts& parts);
[[nodiscard]] Handle list_requests(const RouteParts& parts);
[[nodiscard]] Result<HttpResponse> get_request(const Call& call);

[[nodiscard]] Result<HttpResponse> list_keys(const Call& call);
[[nodiscard]] Result<HttpResponse> create_key_by_api(const Call& call);
[[nodiscard]] Result<HttpResponse> get_key(const Call& call);
[[nodiscard]] Result<HttpResponse> patch_key(const Call& call);
[[nodiscard]] Result<HttpResponse> rotate_key_by_api(const Call& call);
[[nodiscard]] Result<HttpResponse> revoke_key_by_api(const Call& call);
[[nodiscard]] Handle show_key_usage(const RouteParts& parts);

[[nodiscard]] Result<HttpResponse> list_policies(const Call& call);
[[nodiscard]] Result<HttpResponse> create_policy_by_api(const Call& call);
[[nodiscard]] Result<HttpResponse> show_policy(const Call& call);
[[nodiscard]] Result<HttpResponse> patch_policy(const Call& call);
[[nodiscard]] Result<HttpResponse> delete_policy_by_api(const Call& call);

[[nodiscard]] Handle list_budgets(const RouteParts& parts);
[[nodiscard]] Handle create_budget_by_api(const RouteParts& parts);
[[nodiscard]] Handle show_budget(const RouteParts& parts);
[[nodiscard]] Handle patch_budget(const RouteParts& parts);
[[nodiscard]] Result<HttpResponse> delete_budget_by_api(const Call& call);

/// Teams or projects.
[[nodiscard]] Handle list_owners(storage::OwnerKind kind);
[[nodiscard]] Handle create_owner_by_api(storage::OwnerKind kind);
[[nodiscard]] Handle show_owner(storage::OwnerKind kind);
[[nodiscard]] Handle patch_owner(storage::OwnerKind kind);
[[nodiscard]] Handle delete_owner_by_api(storage::OwnerKind kind);
[[nodiscard]] Result<HttpResponse> list_team_members(const Call& call);
[[nodiscard]] Result<HttpResponse> put_team_member(const Call& call);
[[nodiscard]] Result<HttpResponse> remove_team_member(const Call& call);

[[nodiscard]] Result<HttpResponse> answer_openapi(const Call& call);
[[nodiscard]] Result<HttpResponse> answer_docs(const Call& call);

}  // namespace pulse::console
