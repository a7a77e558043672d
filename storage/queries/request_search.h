#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/money.h"
#include "base/uuid.h"
#include "storage/queries/access_scope.h"
#include "storage/queries/calendar.h"
#include "storage/queries/request_cursor.h"
#include "storage/records.h"
#include "storage/sql/session.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pulse::storage {

/// Which requests: those within the time that have one of the values of each list that is not
/// empty.
struct RequestSearch {
    Stretch time;
    std::vector<std::string> keys;
    std::vector<std::string> teams;
    std::vector<std::string> projects;
    std::vector<std::string> users;
    std::vector<std::string> apps;
    std::vector<std::string> clients;
    std::vector<std::string> end_users;
    std::vector<std::string> providers;
    std::vector<std::string> models;  ///< as asked for or as served
    std::vector<std::string> error_codes;
    std::vector<std::int32_t> statuses;
    std::vector<Outcome> outcomes;
    std::optional<bool> stream;
    std::optional<Money> cost_min;
    std::string id;  ///< its first characters or all of it; empty: any
    std::optional<RequestCursor> after;
    std::size_t limit = 50;  ///< 1 to kRowsMax

    static constexpr std::size_t kRowsMax = 500;
    static constexpr std::size_t kValuesMax = 1'000;
};

/// What a list shows of a request. Empty text: not said.
struct RequestSummary {
    Uuid id;
    TimePoint ts;
    std::string key_id;
    std::string team;
    std::string project;
    std::string user;
    std::string app;
    std::string client;
    std::string end_user;
    std::string dialect;
    std::string api;
    std::string provider;
    std::string model_requested;
    std::string model_served;
    std::string outcome;
    std::string error_code;
    std::string cost_status;
    std::string currency;
    Money cost;
    std::int64_t status = 0;
    std::int64_t attempts = 0;
    std::int64_t input_tokens = 0;   ///< uncached, cached and written to a cache
    std::int64_t cached_tokens = 0;  ///< of them, read from a cache
    std::int64_t output_tokens = 0;
    std::int64_t latency_us = 0;
    std::optional<std::int64_t> ttft_us;
    bool stream = false;
};

struct RequestPage {
    std::vector<RequestSummary> rows;   ///< newest first
    std::optional<RequestCursor> next;  ///< none: there are no more
};

/// One page. Walking from page to page gives each request that was there at the first one once,
/// whatever is written meanwhile. Errors: invalid_request, storage_unavailable.
[[nodiscard]] Result<RequestPage> search_requests(
    sql::Session& session, const AccessScope& scope, const RequestSearch& search);

}  // namespace pulse::storage
