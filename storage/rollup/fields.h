#pragma once

#include "storage/rollup/rollup.h"
#include "storage/rollup/tables.h"

#include <concepts>
#include <type_traits>

/// The members of rollups, of dimensions and of sums in the order of their tables and columns.
namespace pulse::storage::detail {

template <class Like>
concept CostDimensionsLike = std::same_as<std::remove_const_t<Like>, CostDimensions>;
template <class Like>
concept RequestDimensionsLike = std::same_as<std::remove_const_t<Like>, RequestDimensions>;
template <class Like>
concept CostShareDimensionsLike = std::same_as<std::remove_const_t<Like>, CostShareDimensions>;
template <class Like>
concept CostSourceDimensionsLike = std::same_as<std::remove_const_t<Like>, CostSourceDimensions>;

template <CostDimensionsLike Like, class Visitor>
void visit_dimensions(Like& of, Visitor& visit) {
    visit(of.org);
    visit(of.source);
    visit(of.provider);
    visit(of.service);
    visit(of.account);
    visit(of.region);
    visit(of.team);
    visit(of.project);
    visit(of.app);
    visit(of.client);
    visit(of.user);
    visit(of.model);
    visit(of.key_id);
    visit(of.usage_type);
    visit(of.charge_type);
    visit(of.currency);
}

template <RequestDimensionsLike Like, class Visitor>
void visit_dimensions(Like& of, Visitor& visit) {
    visit(of.org);
    visit(of.key_id);
    visit(of.team);
    visit(of.project);
    visit(of.app);
    visit(of.client);
    visit(of.user);
    visit(of.provider);
    visit(of.model);
    visit(of.currency);
}

template <CostShareDimensionsLike Like, class Visitor>
void visit_dimensions(Like& of, Visitor& visit) {
    visit(of.org);
    visit(of.source);
    visit(of.value);
    visit(of.currency);
}

template <CostSourceDimensionsLike Like, class Visitor>
void visit_dimensions(Like& of, Visitor& visit) {
    visit(of.org);
    visit(of.source);
    visit(of.currency);
}

template <class Visitor>
void visit_sums(const CostSums& sums, Visitor& visit) {
    visit(sums.events);
    visit(sums.amount);
    visit(sums.net_amount);
    visit(sums.amortized_amount);
}

template <class Visitor>
void visit_sums(const RequestSums& sums, Visitor& visit) {
    visit(sums.requests);
    visit(sums.refused);
    visit(sums.failed);
    visit(sums.input_tokens);
    visit(sums.cached_tokens);
    visit(sums.output_tokens);
    visit(sums.latency_us);
    visit(sums.cost);
}

/// `visit(table, rows)` for each table, in the order of rollup_tables(), until one fails.
template <class RollupsLike, class Visitor>
[[nodiscard]] Result<void> visit_tables(RollupsLike& rollups, Visitor&& visit) {
    Result<void> done;
    auto next = [&](const RollupTable& table, auto& rows) {
        if (done) {
            done = visit(table, rows);
        }
    };
    next(kRequestRollupHour, rollups.request_hours);
    next(kRequestRollupDay, rollups.request_days);
    next(kCostRollupHour, rollups.cost_hours);
    next(kCostRollupDay, rollups.cost_days);
    next(kCostModelHour, rollups.model_hours);
    next(kCostModelDay, rollups.model_days);
    next(kCostProjectHour, rollups.project_hours);
    next(kCostProjectDay, rollups.project_days);
    next(kCostTeamHour, rollups.team_hours);
    next(kCostTeamDay, rollups.team_days);
    next(kCostSourceHour, rollups.source_hours);
    next(kCostSourceDay, rollups.source_days);
    return done;
}

}  // namespace pulse::storage::detail
