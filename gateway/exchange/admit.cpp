#include "gateway/exchange/exchange.h"
#include "llm/openai/request_reader.h"
#include "policy/access/access.h"

#include <algorithm>

namespace pulse::gateway {

namespace {
// A wait above this is no wait for a client: it would sleep it out (docs/formats/openai.md,
// retries).
constexpr std::chrono::milliseconds kRetryAfterMax{60'000};
// A sliding minute is kept in buckets: its wait may be longer than the minute by a bucket, and is
// said as a minute.
constexpr std::chrono::milliseconds kMinuteSlack{5'000};
}  // namespace

void Exchange::call_model() {
    if (auto checked = check_call(); !checked) {
        return answer_error(checked.error());
    }
    stage_ = Stage::admitting;
    const policy::Ask ask{
        .id = call_.id,
        .key = call_.key,
        .model = call_.target.model,
        .ceiling = call_.ceiling,
        .tokens = call_.tokens.input + call_.tokens.output,
        .now = call_.now};
    call_.asked_at = worker_.clock.steady_now();
    worker_.quota.admit(ask, *this);
}

Result<void> Exchange::check_call() {
    auto facts = llm::read_openai_request(call_.route.api, connection_.body());
    if (!facts) {
        worker_.metrics.rejected("bad_body").add();
        return facts.error();
    }
    call_.facts = *facts;
    if (call_.facts.model_has_escaped_slash) {
        unescaped_model_ = llm::plain_model(call_.facts);
        call_.facts.model = unescaped_model_;
    }
    auto target = call_.snapshot->shared.routes->find(call_.facts.model);
    if (!target) {
        return target.error();
    }
    call_.target = *target;
    if (auto allowed = check_policy(); !allowed) {
        return allowed;
    }
    return estimate();
}

Result<void> Exchange::check_policy() {
    const policy::Policy& policy = call_.key->policy;
    if (auto allowed = policy::check_model(
            policy, call_.target.provider->name, call_.target.model, call_.facts.model);
        !allowed) {
        return allowed;
    }
    if (call_.facts.names_fallback_models &&
        (!policy.allowed_models.empty() || !policy.blocked_models.empty())) {
        return Error(
                   Errc::model_not_allowed,
                   "This key may use certain models only, and a `models` list lets the provider "
                   "choose others. Remove it.")
            .with_param("models");
    }
    const bool blocks_unpriced = policy.unknown_price.has_value()
                                     ? *policy.unknown_price == policy::UnknownPrice::block
                                     : call_.snapshot.settings().unknown_model_blocked;
    if (call_.target.found.model == nullptr && blocks_unpriced) {
        return Error(
                   Errc::unpriced_model,
                   "There is no price for this model, and calls without a price are blocked. Add "
                   "one under "
                   "`providers: … prices:` or allow estimates with `pricing: { unknown_model: "
                   "estimate }`.")
            .with_param("model");
    }
    return {};
}

Result<void> Exchange::estimate() {
    call_.tokens = pricing::estimate_tokens(call_.facts, call_.target.found);
    call_.input_guess = call_.tokens.input;
    const pricing::Model* const model = call_.target.found.model;
    if (model != nullptr && &*call_.snapshot == &*worker_.snapshot) {
        call_.tokens.input = std::min(
            worker_.calibrations.of(*model, call_.facts).adjust(call_.input_guess),
            call_.tokens.input_max);
    }
    const auto tier = pricing::parse_service_tier(call_.facts.service_tier)
                          .value_or(pricing::ServiceTier::standard);
    const pricing::OverrideSet& agreed = call_.snapshot->shared.routes->catalog().overrides();
    const pricing::Subject subject =
        subject_of(payer(), *call_.target.provider, call_.target.found, call_.target.model);
    call_.ceiling = pricing::ceiling_of(
        {.found = call_.target.found,
         .input_tokens_max = call_.tokens.input_max,
         .output_tokens_max = call_.tokens.output_max,
         .answers = call_.facts.answers,
         .tier = tier,
         .at = call_.now,
         .overrides = &agreed,
         .subject = subject});
    Usage expected;
    expected.input_uncached = call_.tokens.input;
    expected.output_total = call_.tokens.output;
    call_.estimated_cost = pricing::total_cost_of({.found = call_.target.found,
                                                   .usage = expected,
                                                   .tier = tier,
                                                   .at = call_.now,
                                                   .overrides = &agreed,
                                                   .subject = subject})
                               .total;
    return policy::check_request_size(
        call_.key->policy,
        call_.input_guess + call_.tokens.output_max * call_.facts.answers,
        call_.ceiling);
}

void Exchange::on_verdict(const policy::Verdict& verdict) {
    const SteadyTime now = worker_.clock.steady_now();
    worker_.metrics.policy_latency.observe(
        std::chrono::duration_cast<std::chrono::microseconds>(now - call_.asked_at).count());
    call_.rates = verdict.rates;
    if (!verdict.admitted) {
        return refuse_by_verdict(verdict);
    }
    call_.is_admitted = true;
    call_.soft_budget_passed = verdict.soft_budget_passed;
    connect(net::UpstreamPool::Freshness::any, now);
}

void Exchange::refuse_by_verdict(const policy::Verdict& verdict) {
    worker_.metrics.denied(to_string(verdict.code)).add();
    Error error(verdict.code, verdict.message);
    if (verdict.retry_after && *verdict.retry_after <= kRetryAfterMax + kMinuteSlack) {
        error.with_retry_after(std::min(*verdict.retry_after, kRetryAfterMax));
    }
    out_head_.clear();
    resets_at_ = verdict.resets_at;
    if (!resets_at_ && verdict.retry_after) {
        resets_at_ = call_.now + *verdict.retry_after;
    }
    answer_error(error);
}

}  // namespace pulse::gateway
