#include "storage/rollup/rollup.h"

#include "storage/rollup/fields.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <unordered_map>
#include <utility>

namespace pulse::storage {
namespace {

constexpr std::string_view kCurrency = "USD";  // what Pulse computes in

template <class Dimensions>
struct Place {
    TimePoint begins_at;
    Dimensions of;
    friend auto operator<=>(const Place&, const Place&) = default;
};

struct PlaceHash {
    template <class Dimensions>
    std::size_t operator()(const Place<Dimensions>& place) const {
        auto hash = static_cast<std::size_t>(place.begins_at.time_since_epoch().count());
        auto mix = [&hash](std::string_view text) {
            constexpr std::size_t kOdd = 0x9e3779b97f4a7c15U;
            hash = (hash ^ std::hash<std::string_view>{}(text)) * kOdd;
            hash ^= hash >> 32U;
        };
        detail::visit_dimensions(place.of, mix);
        return hash;
    }
};

/// Sums by a stretch of time and dimensions.
template <class Stretch, class Dimensions, class Sums>
class Summer {
public:
    void add(TimePoint at, const Dimensions& of, const Sums& sums) {
        const Place<Dimensions> place{TimePoint{std::chrono::floor<Stretch>(at)}, of};
        // What belongs together comes in runs: most is found without hashing a dozen texts.
        if (last_ == nullptr || last_->first != place) {
            last_ = &*sums_.try_emplace(place).first;
        }
        last_->second += sums;
    }
    [[nodiscard]] std::vector<RollupRow<Dimensions, Sums>> rows() const {
        std::vector<RollupRow<Dimensions, Sums>> rows;
        rows.reserve(sums_.size());
        for (const auto& [place, sums] : sums_) {
            rows.push_back({place.begins_at, place.of, sums});
        }
        std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
            return std::tie(a.begins_at, a.of) < std::tie(b.begins_at, b.of);
        });
        return rows;
    }

private:
    using SumsByPlace = std::unordered_map<Place<Dimensions>, Sums, PlaceHash>;

    SumsByPlace sums_;
    typename SumsByPlace::value_type* last_ = nullptr;  ///< of sums_; its nodes never move
};

template <class Stretch, class Dimensions, class Sums>
[[nodiscard]] std::vector<RollupRow<Dimensions, Sums>> summed(
    std::span<const RollupRow<Dimensions, Sums>> rows) {
    Summer<Stretch, Dimensions, Sums> summer;
    for (const auto& row : rows) {
        summer.add(row.begins_at, row.of, row.sums);
    }
    return summer.rows();
}

[[nodiscard]] std::vector<CostShare> shares_of(
    std::span<const CostRollup> rows, std::string_view CostDimensions::*value) {
    Summer<std::chrono::hours, CostShareDimensions, CostSums> summer;
    for (const CostRollup& row : rows) {
        summer.add(
            row.begins_at, {row.of.org, row.of.source, row.of.*value, row.of.currency}, row.sums);
    }
    return summer.rows();
}

[[nodiscard]] std::vector<CostOfSource> sources_of(std::span<const CostShare> rows) {
    Summer<std::chrono::hours, CostSourceDimensions, CostSums> summer;
    for (const CostShare& row : rows) {
        summer.add(row.begins_at, {row.of.org, row.of.source, row.of.currency}, row.sums);
    }
    return summer.rows();
}

template <class Row>
[[nodiscard]] std::vector<Row> days_of(const std::vector<Row>& hours) {
    return summed<std::chrono::days>(std::span<const Row>{hours});
}

/// All else is summed from the hours, which are fewer than the records.
[[nodiscard]] Rollups with_all(
    std::vector<RequestRollup> request_hours, std::vector<CostRollup> cost_hours) {
    Rollups rollups;
    rollups.request_hours = std::move(request_hours);
    rollups.request_days = days_of(rollups.request_hours);
    rollups.cost_hours = std::move(cost_hours);
    rollups.cost_days = days_of(rollups.cost_hours);
    rollups.model_hours = shares_of(rollups.cost_hours, &CostDimensions::model);
    rollups.model_days = days_of(rollups.model_hours);
    rollups.project_hours = shares_of(rollups.cost_hours, &CostDimensions::project);
    rollups.project_days = days_of(rollups.project_hours);
    rollups.team_hours = shares_of(rollups.cost_hours, &CostDimensions::team);
    rollups.team_days = days_of(rollups.team_hours);
    rollups.source_hours = sources_of(rollups.team_hours);
    rollups.source_days = days_of(rollups.source_hours);
    return rollups;
}

[[nodiscard]] RequestDimensions request_dimensions(const RequestRecord& record) {
    return {
        .org = record.org,
        .key_id = record.key_id,
        .team = record.team,
        .project = record.project,
        .app = record.app,
        .client = record.client,
        .user = record.user,
        .provider = record.provider,
        .model = record.model_served,
        .currency = kCurrency};
}

[[nodiscard]] RequestSums request_sums(const RequestRecord& record) {
    const Usage& usage = record.usage;
    const bool is_refused = record.outcome == Outcome::refused;
    const bool is_answered = record.outcome == Outcome::answered;
    return {
        .requests = 1,
        .refused = is_refused ? 1 : 0,
        .failed = is_refused || is_answered ? 0 : 1,
        .input_tokens = usage.input_uncached + usage.cached_read + usage.cache_write_5m +
                        usage.cache_write_1h + usage.cache_write_unsplit,
        .cached_tokens = usage.cached_read,
        .output_tokens = usage.output_total,
        .latency_us = record.latency_us,
        .cost = record.cost};
}

[[nodiscard]] CostDimensions cost_dimensions(
    const RequestRecord& record, const AttemptRecord& attempt) {
    return {
        .org = record.org,
        .source = "AI",
        .provider = attempt.provider,
        .service = to_string(record.api),
        .account = {},
        .region = {},
        .team = record.team,
        .project = record.project,
        .app = record.app,
        .client = record.client,
        .user = record.user,
        .model = attempt.model,
        .key_id = record.key_id,
        .usage_type = "tokens",
        .charge_type = {},
        .currency = kCurrency};
}

}  // namespace

CostSums& CostSums::operator+=(const CostSums& other) {
    events += other.events;
    amount += other.amount;
    net_amount += other.net_amount;
    amortized_amount += other.amortized_amount;
    return *this;
}

RequestSums& RequestSums::operator+=(const RequestSums& other) {
    requests += other.requests;
    refused += other.refused;
    failed += other.failed;
    input_tokens += other.input_tokens;
    cached_tokens += other.cached_tokens;
    output_tokens += other.output_tokens;
    latency_us += other.latency_us;
    cost += other.cost;
    return *this;
}

Rollups rollups_of(std::span<const DecodedRecord* const> records) {
    Summer<std::chrono::hours, RequestDimensions, RequestSums> requests;
    Summer<std::chrono::hours, CostDimensions, CostSums> costs;
    for (const DecodedRecord* const decoded : records) {
        const RequestRecord& record = decoded->record;
        const TimePoint at = record.id.time();
        requests.add(at, request_dimensions(record), request_sums(record));
        for (const AttemptRecord& attempt : record.attempts) {
            if (attempt.usage_source != UsageSource::none) {
                costs.add(
                    at,
                    cost_dimensions(record, attempt),
                    {1, attempt.cost, attempt.cost, attempt.cost});
            }
        }
    }
    return with_all(requests.rows(), costs.rows());
}

Rollups rollups_of(std::span<const RequestRollup> requests, std::span<const CostRollup> costs) {
    return with_all(summed<std::chrono::hours>(requests), summed<std::chrono::hours>(costs));
}

}  // namespace pulse::storage
