#pragma once

#include "base/clock.h"
#include "base/money.h"
#include "storage/records.h"

#include <compare>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

/// What the dashboards read: sums by hour and by day (UTC) of cost events and of requests, made
/// from the rows that were really written and written with them (docs/formats/schema.md).
namespace pulse::storage {

/// What costs are summed by, besides time, in the order of the table's columns; empty: not said.
/// Views live as long as what they were made from. Value; not thread-safe.
struct CostDimensions {
    std::string_view org;
    std::string_view source;
    std::string_view provider;
    std::string_view service;
    std::string_view account;
    std::string_view region;
    std::string_view team;
    std::string_view project;
    std::string_view app;
    std::string_view client;
    std::string_view user;
    std::string_view model;
    std::string_view key_id;
    std::string_view usage_type;
    std::string_view charge_type;
    std::string_view currency;
    friend auto operator<=>(const CostDimensions&, const CostDimensions&) = default;
};

/// What is left of CostDimensions for a glance: a model, a project or a team.
struct CostShareDimensions {
    std::string_view org;
    std::string_view source;
    std::string_view value;
    std::string_view currency;
    friend auto operator<=>(const CostShareDimensions&, const CostShareDimensions&) = default;
};

struct CostSourceDimensions {
    std::string_view org;
    std::string_view source;
    std::string_view currency;
    friend auto operator<=>(const CostSourceDimensions&, const CostSourceDimensions&) = default;
};

struct CostSums {
    std::int64_t events = 0;
    Money amount;
    Money net_amount;
    Money amortized_amount;
    CostSums& operator+=(const CostSums& other);
};

/// As CostDimensions.
struct RequestDimensions {
    std::string_view org;
    std::string_view key_id;
    std::string_view team;
    std::string_view project;
    std::string_view app;
    std::string_view client;
    std::string_view user;
    std::string_view provider;
    std::string_view model;  ///< that was served: what callers ask for has no bound
    std::string_view currency;
    friend auto operator<=>(const RequestDimensions&, const RequestDimensions&) = default;
};

struct RequestSums {
    std::int64_t requests = 0;
    std::int64_t refused = 0;        ///< by Pulse
    std::int64_t failed = 0;         ///< neither answered nor refused
    std::int64_t input_tokens = 0;   ///< uncached, cached and written to a cache
    std::int64_t cached_tokens = 0;  ///< of them, read from a cache
    std::int64_t output_tokens = 0;
    std::int64_t latency_us = 0;
    Money cost;
    RequestSums& operator+=(const RequestSums& other);
};

/// A row of a rollup, or what is to be added to it.
template <class Dimensions, class Sums>
struct RollupRow {
    TimePoint begins_at;  ///< of the hour or the day
    Dimensions of;
    Sums sums;
};
using CostRollup = RollupRow<CostDimensions, CostSums>;
using CostShare = RollupRow<CostShareDimensions, CostSums>;
using CostOfSource = RollupRow<CostSourceDimensions, CostSums>;
using RequestRollup = RollupRow<RequestDimensions, RequestSums>;

/// Sorted by time and dimensions, each once: writers that take rows in this order, and the tables
/// in the order of the members, never wait for each other in a circle.
struct Rollups {
    std::vector<RequestRollup> request_hours;
    std::vector<RequestRollup> request_days;
    std::vector<CostRollup> cost_hours;
    std::vector<CostRollup> cost_days;
    std::vector<CostShare> model_hours;
    std::vector<CostShare> model_days;
    std::vector<CostShare> project_hours;
    std::vector<CostShare> project_days;
    std::vector<CostShare> team_hours;
    std::vector<CostShare> team_days;
    std::vector<CostOfSource> source_hours;
    std::vector<CostOfSource> source_days;
};

/// What the rows of these records add. At most as many rows of each as there are records and
/// attempts.
[[nodiscard]] Rollups rollups_of(std::span<const DecodedRecord* const> records);
/// The same of sums of any moments.
[[nodiscard]] Rollups rollups_of(
    std::span<const RequestRollup> requests, std::span<const CostRollup> costs);

}  // namespace pulse::storage
