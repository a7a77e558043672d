#include "console/api/routes.h"

#include "console/litellm/paths.h"

namespace pulse::console {

std::vector<Route> make_routes(const RouteParts& parts) {
    using enum Needs;
    using storage::OwnerKind;
    constexpr Store kStoreless = Store::unused;
    constexpr Store kStore = Store::used;
    // clang-format off
    std::vector<Route> routes{
        {"GET",    "/livez",                          nobody,  kStoreless, "livez",             answer_alive},
        {"GET",    "/readyz",                         nobody,  kStore,     "readyz",            answer_ready},
        {"GET",    "/healthz",                        nobody,  kStore,     "healthz",           answer_ready},
        {"GET",    "/api/build-info",                 nobody,  kStoreless, "buildInfo",         answer_build_info(parts.build)},
        {"GET",    "/api/openapi.json",               nobody,  kStoreless, "openapi",           answer_openapi},
        {"GET",    "/api/docs",                       nobody,  kStoreless, "docs",              answer_docs},
        {"GET",    "/api/docs/{file}",                nobody,  kStoreless, "docsFile",          answer_docs},

        {"POST",   "/api/auth/login",                 nobody,  kStore,     "login",             login_with_cookie(parts)},
        {"POST",   "/auth/login",                     nobody,  kStore,     "loginForToken",     login_with_token(parts)},
        {"GET",    "/api/auth/csrf",                  nobody,  kStore,     "csrf",              give_csrf_token(parts)},
        {"POST",   "/api/auth/logout",                user,    kStore,     "logout",            logout},
        {"GET",    "/api/auth/me",                    user,    kStore,     "me",                who_am_i},
        {"POST",   "/api/auth/password",              user,    kStore,     "changePassword",    change_own_password(parts)},
        {"GET",    "/api/auth/tokens",                user,    kStore,     "listTokens",        list_tokens},
        {"POST",   "/api/auth/tokens",                user,    kStore,     "createToken",       create_token},
        {"DELETE", "/api/auth/tokens/{id}",           user,    kStore,     "revokeToken",       revoke_token},

        {"GET",    "/api/users",                      admin,   kStore,     "listUsers",         list_users},
        {"POST",   "/api/users",                      admin,   kStore,     "createUser",        create_user_by_api(parts)},
        {"GET",    "/api/users/{id}",                 admin,   kStore,     "getUser",           get_user},
        {"PATCH",  "/api/users/{id}",                 admin,   kStore,     "updateUser",        patch_user},
        {"POST",   "/api/users/{id}/reset-password",  admin,   kStore,     "resetPassword",     reset_user_password(parts)},
        {"GET",    "/api/org",                        user,    kStore,     "getOrg",            get_org(parts)},
        {"PATCH",  "/api/org",                        admin,   kStore,     "updateOrg",         patch_org(parts)},
        {"GET",    "/api/audit",                      admin,   kStore,     "listAudit",         list_audit_log},

        {"GET",    "/api/costs/query",                user,    kStore,     "queryCosts",        query_costs(parts)},
        {"GET",    "/api/costs/kpis",                 user,    kStore,     "costKpis",          show_kpis(parts)},
        {"GET",    "/api/costs/events",               user,    kStore,     "listCostEvents",    list_cost_events(parts)},
        {"GET",    "/api/ai/requests",                user,    kStore,     "listRequests",      list_requests(parts)},
        {"GET",    "/api/ai/requests/{id}",           user,    kStore,     "getRequest",        get_request},

        {"GET",    "/api/ai/keys",                    user,    kStore,     "listKeys",          list_keys},
        {"POST",   "/api/ai/keys",                    team_manager, kStore, "createKey",        create_key_by_api},
        {"GET",    "/api/ai/keys/{id}",               user,    kStore,     "getKey",            get_key},
        {"PATCH",  "/api/ai/keys/{id}",               team_manager, kStore, "updateKey",        patch_key},
        {"POST",   "/api/ai/keys/{id}/rotate",        team_manager, kStore, "rotateKey",        rotate_key_by_api},
        {"POST",   "/api/ai/keys/{id}/revoke",        team_manager, kStore, "revokeKey",        revoke_key_by_api},
        {"GET",    "/api/ai/keys/{id}/usage",         user,    kStore,     "keyUsage",          show_key_usage(parts)},
        {"GET",    "/api/ai/policies",                manager, kStore,     "listPolicies",      list_policies},
        {"POST",   "/api/ai/policies",                team_manager, kStore, "createPolicy",     create_policy_by_api},
        {"GET",    "/api/ai/policies/{id}",           manager, kStore,     "getPolicy",         show_policy},
        {"PATCH",  "/api/ai/policies/{id}",           team_manager, kStore, "updatePolicy",     patch_policy},
        {"DELETE", "/api/ai/policies/{id}",           team_manager, kStore, "deletePolicy",     delete_policy_by_api},
        {"GET",    "/api/budgets",                    manager, kStore,     "listBudgets",       list_budgets(parts)},
        {"POST",   "/api/budgets",                    team_manager, kStore, "createBudget",     create_budget_by_api(parts)},
        {"GET",    "/api/budgets/{id}",               manager, kStore,     "getBudget",         show_budget(parts)},
        {"PATCH",  "/api/budgets/{id}",               team_manager, kStore, "updateBudget",     patch_budget(parts)},
        {"DELETE", "/api/budgets/{id}",               team_manager, kStore, "deleteBudget",     delete_budget_by_api},
        {"GET",    "/api/teams",                      manager, kStore,     "listTeams",         list_owners(OwnerKind::team)},
        {"POST",   "/api/teams",                      admin,   kStore,     "createTeam",        create_owner_by_api(OwnerKind::team)},
        {"GET",    "/api/teams/{id}",                 manager, kStore,     "getTeam",           show_owner(OwnerKind::team)},
        {"PATCH",  "/api/teams/{id}",                 admin,   kStore,     "updateTeam",        patch_owner(OwnerKind::team)},
        {"DELETE", "/api/teams/{id}",                 admin,   kStore,     "deleteTeam",        delete_owner_by_api(OwnerKind::team)},
        {"GET",    "/api/teams/{id}/members",         manager, kStore,     "listTeamMembers",   list_team_members},
        {"POST",   "/api/teams/{id}/members/{user}",  team_manager, kStore, "putTeamMember",    put_team_member},
        {"DELETE", "/api/teams/{id}/members/{user}",  team_manager, kStore, "removeTeamMember", remove_team_member},
        {"GET",    "/api/projects",                   manager, kStore,     "listProjects",      list_owners(OwnerKind::project)},
        {"POST",   "/api/projects",                   team_manager, kStore, "createProject",    create_owner_by_api(OwnerKind::project)},
        {"GET",    "/api/projects/{id}",              manager, kStore,     "getProject",        show_owner(OwnerKind::project)},
        {"PATCH",  "/api/projects/{id}",              team_manager, kStore, "updateProject",    patch_owner(OwnerKind::project)},
        {"DELETE", "/api/projects/{id}",              team_manager, kStore, "deleteProject",    delete_owner_by_api(OwnerKind::project)},

        {"POST",   "/key/generate",                   admin,   kStore,     "litellmGenerateKey",   litellm::generate_key(parts)},
        {"GET",    "/key/info",                       admin,   kStore,     "litellmKeyInfo",       litellm::key_info(parts)},
        {"POST",   "/key/update",                     admin,   kStore,     "litellmUpdateKey",     litellm::update_key(parts)},
        {"POST",   "/key/delete",                     admin,   kStore,     "litellmDeleteKeys",    litellm::delete_keys},
        {"GET",    "/key/list",                       admin,   kStore,     "litellmListKeys",      litellm::list_keys(parts)},
        {"POST",   "/key/regenerate",                 admin,   kStore,     "litellmRegenerateKey", litellm::regenerate_key(parts)},
        {"POST",   "/key/{key}/regenerate",           admin,   kStore,     "litellmRegenerateThisKey", litellm::regenerate_key(parts)},
        {"GET",    "/spend/logs",                     admin,   kStore,     "litellmSpendLogs",     litellm::spend_logs(parts)},
        {"GET",    "/model/info",                     admin,   kStore,     "litellmModelInfo",     litellm::model_info(parts)},
        {"POST",   "/team/new",                       admin,   kStore,     "litellmNewTeam",       litellm::new_team},
    };
    // clang-format on
    routes.push_back({"GET", "/api/roles", user, kStore, "listRoles", {}});
    routes.back().handle = list_roles(routes);
    return routes;
}

}  // namespace pulse::console
