#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/money.h"
#include "base/uuid.h"
#include "storage/queries/access_scope.h"
#include "storage/queries/calendar.h"
#include "storage/queries/cost_filter.h"
#include "storage/queries/request_cursor.h"
#include "storage/sql/session.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace pulse::storage {

/// One thing that cost something. Empty text: not said.
struct CostEvent {
    Uuid id;
    TimePoint occurred_at;
    std::string source;
    std::string provider;
    std::string service;
    std::string resource_type;
    std::string usage_type;
    std::string charge_type;
    std::string account;
    std::string region;
    std::string team;
    std::string project;
    std::string app;
    std::string client;
    std::string user;
    std::string model;
    std::string key_id;
    std::string unit;
    std::string currency;
    std::string tags_json;
    std::string batch_id;
    std::string request_id;
    Money quantity;
    Money amount;
    Money net_amount;
    Money amortized_amount;
};

struct CostEventSearch {
    Stretch time;
    CostFilter filter;
    std::optional<RequestCursor> after;  ///< a place among events: time and id
    std::size_t limit = 100;             ///< 1 to kRowsMax

    static constexpr std::size_t kRowsMax = 1'000;
};

struct CostEventPage {
    std::vector<CostEvent> rows;        ///< newest first
    std::optional<RequestCursor> next;  ///< none: there are no more
};

/// One page of the costs that the scope lets see. Errors: invalid_request, storage_unavailable.
[[nodiscard]] Result<CostEventPage> search_cost_events(
    sql::Session& session, const AccessScope& scope, const CostEventSearch& search);

}  // namespace pulse::storage
