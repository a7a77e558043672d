#include "app/serve/deferred_bill.h"

#include "gateway/rating.h"
#include "pricing/cost/cost.h"

#include <algorithm>

namespace pulse::app {

namespace {

[[nodiscard]] int rank(std::string_view status) {
    constexpr std::string_view kStatuses[] = {"exact", "derived", "estimated", "unpriced"};
    return static_cast<int>(
        std::find(std::begin(kStatuses), std::end(kStatuses), status) - std::begin(kStatuses));
}

}  // namespace

DeferredBill::DeferredBill(
    const gateway::Routes& routes,
    const gateway::Provider* provider,
    const storage::DeferredWork& work,
    const storage::RequestRecord& maker,
    const Uuid& id,
    const DeferredEnd& end)
    : id_(id),
      end_(end),
      provider_(work.provider),
      object_id_(work.object_id),
      price_version_(routes.catalog().version()) {
    rate(routes, provider, maker);
    write_rows(work, maker);
}

/// One attempt and so one cost event for each model. Work that used nothing has one that says how
/// it ended.
void DeferredBill::rate(
    const gateway::Routes& routes,
    const gateway::Provider* provider,
    const storage::RequestRecord& maker) {
    gateway::Provider gone;
    gone.name = provider_;
    gone.kind = provider_;
    const gateway::Provider& by = provider == nullptr ? gone : *provider;
    if (end_.models.empty()) {
        storage::AttemptRecord attempt;
        attempt.cost_status = "exact";
        attempts_.push_back(attempt);
    }
    models_.reserve(end_.models.size());
    // As with a call: by the model that served where its price is known, else by the one addressed.
    const std::string_view addressed =
        maker.attempts.empty() ? maker.model_requested : maker.attempts.back().model;
    const bool is_addressed = end_.models.size() == 1 && !addressed.empty();
    for (const llm::ModelUse& use : end_.models) {
        const std::string_view model =
            is_addressed || use.model.empty() ? addressed : std::string_view{use.model};
        const pricing::CostTotal cost = gateway::rate(
            routes,
            by,
            {.found = routes.price(by, model),
             .model = model,
             .model_served = use.model,
             .tier = end_.tier,
             .region = by.price_region,
             .usage = use.usage,
             .is_guess = use.is_guess,
             .at = id_.time(),
             .payer = {.org = maker.org, .team = maker.team, .key = maker.key_id}});
        models_.push_back({.model = std::string(model), .usage = use.usage, .cost = cost.total});
        cost_ += cost.total;
        storage::AttemptRecord attempt;
        attempt.model = models_.back().model;
        attempt.usage = use.usage;
        attempt.usage_source = use.is_guess ? UsageSource::estimated : UsageSource::provider;
        attempt.cost = cost.total;
        attempt.cost_status = to_string(cost.status);
        attempt.is_price_missing = cost.is_price_missing;
        attempts_.push_back(attempt);
    }
    for (storage::AttemptRecord& attempt : attempts_) {
        attempt.provider = provider_;
        attempt.status = end_.status;
        attempt.outcome = end_.outcome;
    }
}

void DeferredBill::write_rows(
    const storage::DeferredWork& work, const storage::RequestRecord& maker) {
    const std::span<const storage::AttemptRecord> attempts = attempts_;
    constexpr std::size_t kAttempts = storage::DecodedRecord::kAttemptsMax;
    for (std::size_t first = 0; first < attempts.size(); first += kAttempts) {
        storage::RequestRecord row = maker;  // whose it is
        row.id = rows_.empty() ? id_ : storage::further_bill_id(id_, rows_.size());
        row.attempts = attempts.subspan(first, std::min(kAttempts, attempts.size() - first));
        row.stream = false;
        row.deferred = storage::Deferred::none;
        row.provider = provider_;
        row.object_id = object_id_;
        row.model_served = end_.models.size() == 1 ? std::string_view{end_.models.front().model}
                                                   : std::string_view{};
        row.service_tier = end_.tier;
        row.finish_reason = end_.finish_reason;
        row.status = end_.status;
        row.outcome = end_.outcome;
        row.error_code = end_.error_code;
        row.usage = {};
        row.usage_source = UsageSource::none;
        row.estimated_cost = {};
        row.cost = {};
        row.cost_status = "exact";
        for (const storage::AttemptRecord& attempt : row.attempts) {
            llm::add_usage(row.usage, attempt.usage);
            row.usage_source = std::max(row.usage_source, attempt.usage_source);
            row.cost += attempt.cost;
            if (rank(attempt.cost_status) > rank(row.cost_status)) {
                row.cost_status = attempt.cost_status;
            }
        }
        const bool states_cost = end_.stated_cost && rows_.empty();
        row.has_stated_cost = states_cost;
        row.stated_cost = states_cost ? *end_.stated_cost : Money{};
        row.price_version = price_version_;
        row.request_id_caller = {};
        row.request_id_provider = {};
        row.latency_us = std::max<std::int64_t>((id_.time() - work.created_at).count(), 0);
        row.ttft_us = -1;
        row.overhead_us = 0;
        rows_.push_back(row);
    }
    rows_.back().deferred = storage::Deferred::ended;
}

}  // namespace pulse::app
