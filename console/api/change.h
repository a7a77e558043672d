#pragma once

#include "console/admin/reach.h"
#include "console/api/call.h"
#include "console/api/fields.h"
#include "storage/tables/conflict.h"

#include <cstdint>
#include <limits>
#include <optional>

namespace pulse::console {

/// What the caller sees of keys, policies, budgets and projects, and may change where the route
/// lets them: a manager what is of their teams, those above them all.
[[nodiscard]] inline Reach reach_of(const Call& call) {
    return call.access.role == Role::manager ? Reach::of_teams(call.access.teams)
                                             : Reach::everything();
}

/// The answer to an error of a change: 409 where it does not fit to what is stored.
[[nodiscard]] inline Result<HttpResponse> conflict_or(const Error& error) {
    if (storage::is_conflict(error)) {
        return error_response(409, "conflict", error.detail());
    }
    return error;
}

/// `version` of a body: what a change is based on.
[[nodiscard]] inline std::optional<std::int64_t> read_version(BodyFields& body) {
    return body.optional_integer("version", 1, std::numeric_limits<std::int64_t>::max());
}

/// `version` of a query, where there is no body.
[[nodiscard]] inline Result<std::optional<std::int64_t>> version_asked(const Call& call) {
    auto query = QueryFields::read(call.http.query);
    if (!query) {
        return query.error();
    }
    const std::int64_t version =
        query->number("version", 0, 1, std::numeric_limits<std::int64_t>::max());
    if (auto fine = query->finish(); !fine) {
        return fine.error();
    }
    return version == 0 ? std::optional<std::int64_t>{} : std::optional{version};
}

}  // namespace pulse::console
