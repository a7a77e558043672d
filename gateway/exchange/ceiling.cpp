// What a call may cost, before it is sent: the best guess, which is shown, and the upper bound,
// which is held.
#include "gateway/exchange/exchange.h"
#include "pricing/cost/priced_as.h"

#include <algorithm>

namespace pulse::gateway {

namespace {

[[nodiscard]] pricing::ServiceTier tier_of(const RequestFacts& facts) {
    return pricing::parse_service_tier(pricing::priced_tier(facts.service_tier, facts.speed))
        .value_or(pricing::ServiceTier::standard);
}

}  // namespace

/// The call at hand, as dear as it can be.
pricing::Ceiling Exchange::worst_case() const {
    return {
        .found = call_.target.found,
        .input_tokens_max = call_.tokens.input_max,
        .output_tokens_max = call_.tokens.output_max,
        .answers = call_.facts.answers,
        .tier = tier_of(call_.facts),
        .at = call_.now,
        .region =
            pricing::priced_region(call_.facts.inference_geo, call_.target.provider->price_region),
        .overrides = &call_.snapshot->shared.routes->catalog().overrides(),
        .subject =
            subject_of(payer(), *call_.target.provider, call_.target.found, call_.target.model)};
}

Result<void> Exchange::foresee() {
    if (call_.route.operation != Operation::model_call) {
        return {};
    }
    call_.tokens = pricing::estimate_tokens(call_.facts, call_.target.found);
    call_.input_guess = call_.tokens.input;
    const pricing::Model* const model = call_.target.found.model;
    if (model != nullptr && &*call_.snapshot == &*worker_.snapshot) {
        call_.tokens.input = std::min(
            worker_.calibrations.of(*model, call_.facts).adjust(call_.input_guess),
            call_.tokens.input_max);
    }
    const pricing::Ceiling worst = worst_case();
    call_.ceiling = pricing::ceiling_of(worst);
    Usage expected;
    expected.input_uncached = call_.tokens.input;
    expected.output_total = call_.tokens.output;
    call_.estimated_cost = pricing::total_cost_of({.found = worst.found,
                                                   .usage = expected,
                                                   .tier = worst.tier,
                                                   .at = worst.at,
                                                   .region = worst.region,
                                                   .overrides = worst.overrides,
                                                   .subject = worst.subject})
                               .total;
    return policy::check_request_size(
        policies_,
        call_.input_guess + call_.tokens.output_max * call_.facts.answers,
        call_.ceiling);
}

}  // namespace pulse::gateway
