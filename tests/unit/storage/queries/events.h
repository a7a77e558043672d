#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "storage/queries/access_scope.h"
#include "storage/queries/cost_filter.h"
#include "storage/queries/dimension.h"
#include "storage/sql/session.h"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

/// Cost events and requests as test data, and the plain sums that the queries are held to.
namespace pulse::storage::tests {

struct Event {
    TimePoint at;
    std::string org = "acme";
    std::array<std::string, 14> dimensions;  ///< by Dimension; empty: not said
    std::map<std::string, std::string> tags;
    std::string currency = "USD";
    Money amount;
    Money net_amount;
    Money amortized_amount;

    [[nodiscard]] const std::string& of(Dimension dimension) const {
        return dimensions[static_cast<std::size_t>(dimension)];
    }
    [[nodiscard]] std::string& of(Dimension dimension) {
        return dimensions[static_cast<std::size_t>(dimension)];
    }
    [[nodiscard]] std::string tag(const std::string& name) const {
        const auto found = tags.find(name);
        return found == tags.end() ? std::string{} : found->second;
    }
    [[nodiscard]] Money amount_of(CostType type) const;
};

/// One of source 'AI' that costs `amount`.
[[nodiscard]] Event make_event(TimePoint at, std::string_view amount);

/// Whether the scope lets see it and the filter wants it.
[[nodiscard]] bool is_wanted(
    const Event& event, const AccessScope& scope, const CostFilter& filter);

/// Writes them and the rollups of everything that is there.
void insert_events(sql::Session& session, const std::vector<Event>& events);

/// A request with what search filters by.
struct Request {
    std::uint64_t number = 0;  ///< its id is sample_id(number): that many milliseconds into 2026
    std::string org = "acme";
    std::string key_id = "key-1";
    std::string team;
    std::string project;
    std::string user;
    std::string end_user;
    std::string provider = "openai";
    std::string model_requested = "gpt";
    std::string model_served = "gpt-1";
    std::string outcome = "answered";
    std::string error_code;
    std::int64_t status = 200;
    bool stream = false;
    std::int64_t input_uncached = 10;
    std::int64_t cached_read = 5;
    std::int64_t output_total = 7;
    std::int64_t latency_us = 1'000;
    Money cost;
};

/// Writes them, without rollups.
void insert_requests(sql::Session& session, const std::vector<Request>& requests);
void fill_request_rollups(sql::Session& session);

/// The engine's plan, one line for each step.
[[nodiscard]] std::string plan_of(
    sql::Session& session, std::string_view statement, std::span<const sql::Value> parameters);

}  // namespace pulse::storage::tests
