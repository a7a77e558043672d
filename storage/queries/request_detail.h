#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/money.h"
#include "base/uuid.h"
#include "storage/queries/access_scope.h"
#include "storage/sql/session.h"
#include "storage/tables/requests.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace pulse::storage {

/// One change of what an attempt costs. Empty text: not said.
struct RequestRerating {
    std::int64_t attempt = 0;  ///< counted from 1
    TimePoint rerated_at;
    Money cost_before;
    Money cost_after;
    std::string status_before;
    std::string status_after;
    std::string price_version_before;
    std::string price_version_after;
};

/// A request with its attempts, and what re-rating changed of it, by attempt and time.
struct RequestDetail {
    std::unique_ptr<StoredRequest> request;
    std::vector<RequestRerating> reratings;
};

/// Errors: not_found where there is no such request, or the scope does not let see it;
/// storage_unavailable.
[[nodiscard]] Result<RequestDetail> request_detail(
    sql::Session& session, const AccessScope& scope, const Uuid& id);

}  // namespace pulse::storage
