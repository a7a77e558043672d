#include "gateway/rating.h"

#include <algorithm>

namespace pulse::gateway {

pricing::Subject subject_of(
    const Payer& payer,
    const Provider& provider,
    const pricing::Found& found,
    std::string_view model) {
    return {
        .org = payer.org,
        .team = payer.team,
        .key = payer.key,
        .provider = provider.name,
        .model = found.model != nullptr ? std::string_view{found.model->id} : model,
        .provider_alias = provider.kind,
        .model_alias = model};
}

pricing::CostTotal rate(const Routes& routes, const Provider& provider, const Billed& billed) {
    pricing::Found found = billed.found;
    std::string_view model = billed.model;
    if (!billed.model_served.empty() && billed.model_served != billed.model) {
        const pricing::Found served = routes.price(provider, billed.model_served);
        if (served.model != nullptr) {
            found = served;
            model = billed.model_served;
        }
    }
    pricing::CostTotal cost = pricing::total_cost_of(
        {.found = found,
         .usage = billed.usage,
         .tier = pricing::parse_service_tier(billed.tier).value_or(pricing::ServiceTier::standard),
         .at = billed.at,
         .region = billed.region,
         .overrides = &routes.catalog().overrides(),
         .subject = subject_of(billed.payer, provider, found, model)});
    if (billed.is_guess) {
        cost.status = std::max(cost.status, pricing::CostStatus::estimated);
    }
    return cost;
}

}  // namespace pulse::gateway
