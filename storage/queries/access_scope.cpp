#include "storage/queries/access_scope.h"

#include <utility>

namespace pulse::storage {

AccessScope::AccessScope(std::string org, Kind kind) : org_(std::move(org)), kind_(kind) {}

AccessScope AccessScope::organisation(std::string org) {
    return {std::move(org), Kind::organisation};
}

AccessScope AccessScope::teams(std::string org, std::vector<std::string> teams) {
    AccessScope scope{std::move(org), Kind::teams};
    // Rows without a team hold '' in rollups: they are nobody's, not those of a team named ''.
    std::erase(teams, "");
    scope.teams_ = std::move(teams);
    return scope;
}

AccessScope AccessScope::own(std::string org, std::string user, std::vector<std::string> keys) {
    AccessScope scope{std::move(org), Kind::own};
    scope.user_ = std::move(user);
    std::erase(keys, "");
    scope.keys_ = std::move(keys);
    return scope;
}

}  // namespace pulse::storage
