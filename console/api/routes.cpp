#include "console/api/routes.h"

namespace pulse::console {

std::vector<Route> make_routes(const RouteParts& parts) {
    using enum Needs;
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
    };
    // clang-format on
    routes.push_back({"GET", "/api/roles", user, kStore, "listRoles", {}});
    routes.back().handle = list_roles(routes);
    return routes;
}

}  // namespace pulse::console
