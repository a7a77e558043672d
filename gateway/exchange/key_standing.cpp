// `GET /v1/pulse/key`: what a key may do, by which policies, and where it stands.
#include "gateway/exchange/exchange.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace pulse::gateway {

namespace json = boost::json;

namespace {

[[nodiscard]] json::value time_or_null(const std::optional<TimePoint>& time) {
    if (!time) {
        return nullptr;
    }
    return std::chrono::duration_cast<std::chrono::seconds>(time->time_since_epoch()).count();
}

[[nodiscard]] json::object rates_json(const policy::RateState& state) {
    json::object rates;
    if (state.requests_limit >= 0) {
        rates["requests"] = {
            {"limit", state.requests_limit},
            {"remaining", state.requests_remaining},
            {"reset_ms", state.requests_reset.count()}};
    }
    if (state.tokens_limit >= 0) {
        rates["tokens"] = {
            {"limit", state.tokens_limit},
            {"remaining", state.tokens_remaining},
            {"reset_ms", state.tokens_reset.count()}};
    }
    return rates;
}

[[nodiscard]] json::array budgets_json(const std::vector<policy::BudgetStanding>& standings) {
    json::array budgets;
    for (const policy::BudgetStanding& budget : standings) {
        budgets.push_back(
            {{"scope", to_string(budget.budget.scope)},
             {"scope_id", budget.budget.scope_id},
             {"period", to_string(budget.budget.period)},
             {"currency", budget.budget.currency},
             {"soft", budget.budget.soft},
             {"limit", budget.budget.limit.to_string()},
             {"spent", budget.spent.to_string()},
             {"reserved", budget.reserved.to_string()},
             {"remaining", budget.remaining.to_string()},
             {"resets_at", time_or_null(budget.resets_at)}});
    }
    return budgets;
}

/// What stands above the key and applies to it, the nearest first.
[[nodiscard]] json::array policies_json(policy::AppliedPolicies policies) {
    json::array out;
    for (const policy::AppliedPolicy& applied : policies) {
        out.push_back(
            {{"scope", to_string(applied.scope)},
             {"scope_id", applied.id},
             {"policy", json::parse(policy::to_json(*applied.policy))}});
    }
    return out;
}

}  // namespace

void Exchange::answer_key_standing() {
    // Of no model: a budget on one says nothing of the key.
    call_.snapshot->shared.keys->limits_on(*call_.key, *call_.attribution, {}, {}, limits_);
    call_.is_standing_asked = true;
    worker_.quota.ask_standing(limits_, call_.now, *this);
}

void Exchange::on_standing(const Result<policy::Standing>& standing) {
    call_.is_standing_asked = false;
    if (!standing) {
        Error error = standing.error();
        if (!error.retry_after()) {
            error.with_retry_after(kStoreAwayRetry);
        }
        return answer_error(error);
    }
    const policy::KeyRecord& key = *call_.key;
    const bool is_counted = !limits_.empty() && limits_.front()->scope == policy::Scope::key;
    call_.rates = standing->rates;
    json::object out;
    out["id"] = key.id.value();
    out["label"] = key.label;
    out["prefix"] = key.prefix;
    out["org"] = key.attribution.org;
    out["team"] = key.attribution.team;
    out["project"] = key.attribution.project;
    out["expires_at"] = time_or_null(key.expires_at);
    out["policy"] = json::parse(policy::to_json(key.policy));
    out["policies"] = policies_json(policies_);
    out["limits"] = rates_json(standing->rates);
    out["parallel_requests"] = is_counted ? standing->parallel_requests : 0;
    out["budgets"] = budgets_json(standing->budgets);
    answer_json(200, json::serialize(out));
}

}  // namespace pulse::gateway
