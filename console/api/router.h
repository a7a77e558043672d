#pragma once

#include "console/api/call.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulse::console {

/// The least that a caller must be. `team_manager`: a manager, for their teams, or an admin;
/// finance, who is above a manager, reads and does not change.
enum class Needs : std::uint8_t { nobody, user, manager, team_manager, finance, admin };

/// Does the answer come from the database?
enum class Store : std::uint8_t { used, unused };

using Handle = std::function<Result<HttpResponse>(const Call&)>;

/// One line of the table of routes (console/api/routes.h).
struct Route {
    std::string_view method;   ///< GET, POST, PATCH, DELETE
    std::string_view pattern;  ///< "/api/users/{id}": a name in braces is one segment, not empty
    Needs needs = Needs::admin;
    Store store = Store::used;
    std::string_view operation;  ///< operationId of docs/formats/console_api.yaml
    Handle handle;
};

[[nodiscard]] bool may(const Access& access, Needs needs);

/// What a path and method lead to. `route` null: `allow` says the methods that the path takes,
/// empty where there is no such path.
struct Match {
    const Route* route = nullptr;
    std::vector<std::pair<std::string_view, std::string>> parameters;
    std::string allow;
};

/// HEAD goes where GET goes. A path that is not percent-encoded right leads nowhere; where a fixed
/// segment and a name fit, the fixed one wins.
[[nodiscard]] Match match_route(
    const std::vector<Route>& routes, std::string_view method, std::string_view path);

}  // namespace pulse::console
