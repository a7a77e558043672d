#pragma once

#include "storage/rollup/rollup.h"

#include <concepts>
#include <type_traits>

/// The members of dimensions and sums in the order of their tables' columns.
namespace pulse::storage::detail {

template <class Like>
concept CostDimensionsLike = std::same_as<std::remove_const_t<Like>, CostDimensions>;
template <class Like>
concept RequestDimensionsLike = std::same_as<std::remove_const_t<Like>, RequestDimensions>;

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

}  // namespace pulse::storage::detail
