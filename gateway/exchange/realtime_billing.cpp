// What the provider bills within a realtime session: a row each, and whether the session may go on.
#include "gateway/exchange/exchange.h"

#include <chrono>
#include <utility>

namespace pulse::gateway {

namespace {

namespace close_code = net::websocket::close_code;

[[nodiscard]] std::int64_t microseconds(SteadyTime from, SteadyTime to) {
    return std::chrono::duration_cast<std::chrono::microseconds>(to - from).count();
}

[[nodiscard]] storage::Outcome outcome_of(const RealtimeBill& bill) {
    if (bill.source == UsageSource::counted) {
        return storage::Outcome::cut;
    }
    return bill.event.status == "failed" ? storage::Outcome::provider_error
                                         : storage::Outcome::answered;
}

}  // namespace

/// Written before the event's last bytes reach the caller.
void Exchange::on_bill(const RealtimeBill& bill) {
    const Routes& routes = *call_.snapshot->shared.routes;
    const Provider& provider = *call_.target.provider;
    const TimePoint now = worker_.clock.now();
    pricing::Found found = call_.target.found;
    std::string_view model = call_.target.model;
    if (bill.is_transcription || model.empty()) {
        found = routes.price(provider, bill.model);
        model = bill.model;
    }
    pricing::CostTotal cost;
    if (bill.source != UsageSource::none) {
        cost = rate(
            routes,
            provider,
            {.found = found,
             .model = model,
             .model_served = bill.model,
             .tier = {},
             .region = provider.price_region,
             .usage = bill.usage,
             .is_guess = bill.source != UsageSource::provider || bill.event.is_inconsistent,
             .at = now,
             .payer = payer()});
    }
    if (is_next_asked_) {
        owed_ += cost.total;
        owed_tokens_ += bill.usage.total();
    } else {
        worker_.quota.settle(
            {.id = hold_, .cost = cost.total, .tokens = bill.usage.total(), .now = now});
        call_.is_admitted = false;
    }
    write_realtime_row(bill, model, cost, now);
    ModelCells& cells = worker_.metrics.model(
        provider.name, found.model != nullptr ? std::string_view{found.model->id} : "other");
    if (bill.source != UsageSource::none) {
        worker_.metrics.add_usage(cells, bill.usage, cost.total);
        if (cost.is_price_missing) {
            cells.unpriced.add();
        }
    }
    if (bill.source != UsageSource::counted && !is_next_asked_) {
        allow_next(now);  // what is counted is counted at the session's end
    }
}

/// May the session go on: is its key still good, is there room for the next row, do its limits and
/// budgets let it?
void Exchange::allow_next(TimePoint now) {
    if (auto room = worker_.spool.reserve(); !room) {
        worker_.metrics.spool_refusals.add();
        return realtime_->stop(
            {.close_code = close_code::kTryAgainLater,
             .type = "server_error",
             .code = "overloaded",
             .message = "The ledger cannot take more of this session; open it again shortly."});
    }
    has_bill_room_ = true;
    const policy::KeyRecord* const key =
        worker_.snapshot->shared.keys->find_usable(worker_.hasher.hash(call_.key_text), now);
    if (key == nullptr) {
        return realtime_->stop(
            {.type = "invalid_request_error",
             .code = "invalid_api_key",
             .message = "The API key was revoked or has expired."});
    }
    key_snapshot_ = worker_.snapshot;  // holds the key, whose policy may be new
    call_.key = key;
    find_session_limits();
    hold_ = worker_.ids.next(now);
    is_next_asked_ = true;
    call_.asked_at = worker_.clock.steady_now();
    worker_.quota.admit(
        {.id = hold_,
         .scopes = limits_,
         .ceiling = kRealtimeHold,
         .tokens = 0,
         .now = now,
         .on_store_failure = on_store_failure()},
        *this);
}

/// By what is in force now: the session may have outlived what it began under.
void Exchange::find_session_limits() {
    const policy::KeyDirectory& keys = *key_snapshot_->shared.keys;
    keys.policies_on(*call_.key, *call_.attribution, policies_);
    keys.limits_on(
        *call_.key, *call_.attribution, call_.target.provider->name, call_.target.model, limits_);
    call_.rules = policy::rules_of(policies_, limits_);
}

void Exchange::on_next_verdict(const policy::Verdict& verdict) {
    is_next_asked_ = false;
    call_.is_admitted = verdict.admitted;
    note_hold(verdict);
    if (verdict.admitted && !owed_.is_zero()) {
        // What was billed meanwhile used it up.
        const TimePoint now = worker_.clock.now();
        call_.is_admitted = false;
        worker_.quota.settle({.id = hold_, .cost = owed_, .tokens = owed_tokens_, .now = now});
        owed_ = {};
        owed_tokens_ = 0;
        return allow_next(now);
    }
    pay_owed();
    if (verdict.admitted) {
        return;
    }
    worker_.metrics.denied(to_string(verdict.code)).add();
    const bool is_budget = verdict.code == Errc::budget_exhausted;
    realtime_->stop(
        {.close_code = close_code::kPolicyViolation,
         .type = is_budget ? "insufficient_quota" : "rate_limit_error",
         .code = is_budget ? "insufficient_quota" : "rate_limit_exceeded",
         .message = verdict.message});
}

/// What was billed while the store had not answered, and nothing is held for.
void Exchange::pay_owed() {
    if (!owed_.is_zero()) {
        worker_.quota.charge(limits_, owed_, worker_.clock.now());
    }
    owed_ = {};
    owed_tokens_ = 0;
}

void Exchange::write_realtime_row(
    const RealtimeBill& bill,
    std::string_view model,
    const pricing::CostTotal& cost,
    TimePoint now) {
    // Where there is no room left, the session's own row, which bills nothing, gives way.
    const bool has_room = std::exchange(has_bill_room_, false) ||
                          worker_.spool.reserve().has_value() ||
                          std::exchange(call_.has_room, false);
    if (!has_room) {
        return;
    }
    const SteadyTime end = worker_.clock.steady_now();
    const bool is_response = bill.begun_at != SteadyTime{};
    const std::string session = call_.id.to_string();
    const std::string_view cost_status =
        bill.source == UsageSource::none ? std::string_view{"exact"} : to_string(cost.status);
    storage::AttemptRecord attempt;
    attempt.provider = call_.target.provider->name;
    attempt.model = model;
    attempt.status = 200;
    attempt.outcome = outcome_of(bill);
    attempt.usage = bill.usage;
    attempt.usage_source = bill.source;
    attempt.cost = cost.total;
    attempt.cost_status = cost_status;
    attempt.is_price_missing = cost.is_price_missing;
    attempt.latency_us = is_response ? microseconds(bill.begun_at, end) : 0;
    storage::RequestRecord record;
    std::string tags;
    describe_caller(record, tags);
    record.id = worker_.ids.next(now);
    record.model_requested = bill.is_transcription ? bill.model : call_.facts.model;
    record.model_served = bill.model;
    record.finish_reason = bill.event.reason.empty() ? bill.event.status : bill.event.reason;
    record.status = attempt.status;
    record.outcome = attempt.outcome;
    record.hold = call_.held_under.empty() ? std::string_view{session} : call_.held_under;
    record.error_code = bill.event.error_code;
    record.usage = bill.usage;
    record.usage_source = bill.source;
    record.cost = cost.total;
    record.cost_status = cost_status;
    record.request_id_caller = session;
    record.request_id_provider = bill.event.response_id;
    record.latency_us = attempt.latency_us;
    record.ttft_us = is_response && bill.first_output_at != SteadyTime{}
                         ? microseconds(bill.begun_at, bill.first_output_at)
                         : -1;
    record.attempts = {&attempt, 1};
    worker_.spool.append(record);
}

}  // namespace pulse::gateway
