#include "console/api/router.h"

#include "console/api/fields.h"

#include <algorithm>
#include <optional>

namespace pulse::console {
namespace {

using Parameters = std::vector<std::pair<std::string_view, std::string>>;

[[nodiscard]] std::string_view next_segment(std::string_view& rest) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(segment.size() + 1, rest.size()));
    return segment;
}

[[nodiscard]] std::optional<Parameters> fit(std::string_view pattern, std::string_view path) {
    if (std::count(pattern.begin(), pattern.end(), '/') !=
        std::count(path.begin(), path.end(), '/')) {
        return std::nullopt;
    }
    Parameters parameters;
    while (!pattern.empty() || !path.empty()) {
        const std::string_view wanted = next_segment(pattern);
        const std::string_view given = next_segment(path);
        if (!wanted.starts_with('{')) {
            if (wanted != given) {
                return std::nullopt;
            }
            continue;
        }
        auto value = percent_decoded(given, false);
        if (!value || value->empty()) {
            return std::nullopt;
        }
        parameters.emplace_back(wanted.substr(1, wanted.size() - 2), *std::move(value));
    }
    return parameters;
}

}  // namespace

bool may(const Access& access, Needs needs) {
    switch (needs) {
        case Needs::nobody:
            return true;
        case Needs::user:
            return access.is_known();
        case Needs::manager:
            return access.is_known() && includes(access.role, Role::manager);
        case Needs::team_manager:
            return access.is_known() &&
                   (access.role == Role::manager || includes(access.role, Role::admin));
        case Needs::finance:
            return access.is_known() && includes(access.role, Role::finance);
        case Needs::admin:
            return access.is_known() && includes(access.role, Role::admin);
    }
    return false;
}

Match match_route(
    const std::vector<Route>& routes, std::string_view method, std::string_view path) {
    const std::string_view wanted = method == "HEAD" ? "GET" : method;
    Match match;
    std::string_view allowing;  // the pattern whose methods `allow` names
    for (const Route& route : routes) {
        auto parameters = fit(route.pattern, path);
        if (!parameters) {
            continue;
        }
        const bool is_better =
            match.route == nullptr || parameters->size() < match.parameters.size();
        if (route.method == wanted && is_better) {
            match.route = &route;
            match.parameters = *std::move(parameters);
        }
        if (allowing.empty() || allowing == route.pattern) {
            allowing = route.pattern;
            match.allow.append(match.allow.empty() ? "" : ", ").append(route.method);
        }
    }
    if (match.allow.starts_with("GET") || match.allow.find(", GET") != std::string::npos) {
        match.allow.append(", HEAD");
    }
    return match;
}

}  // namespace pulse::console
