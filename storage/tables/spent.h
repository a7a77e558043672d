#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/money.h"
#include "storage/sql/session.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage {

/// What one scope of an organisation spent.
struct ScopeSpentRow {
    std::string org;
    std::string scope;  ///< as it was asked for; of tags "tag"
    /// Of an organisation empty, of a model "provider/model", of a tag "NAME=VALUE".
    std::string id;
    Money spent;
    friend bool operator==(const ScopeSpentRow&, const ScopeSpentRow&) = default;
};

/// What was spent since `begin` (unset: ever) by each organisation, team, project …: the scopes are
/// `organisation`, `team`, `project`, `user`, `app`, `client`, `key`, `model` and `tag.NAME`. Rows
/// in the order of scope, organisation, id; nothing spent is no row.
///
/// Whole hours and days come from the rollups, whatever retention took of the rows since; tags are
/// in no rollup, so theirs come from the rows that are left. A model is the one that was asked of
/// the provider (the route's target), not the name that the answer gave it. Errors:
/// invalid_request for another scope, storage_unavailable.
[[nodiscard]] Result<std::vector<ScopeSpentRow>> spent_by_scope(
    sql::Session& session,
    std::optional<TimePoint> begin,
    std::span<const std::string_view> scopes);

}  // namespace pulse::storage
