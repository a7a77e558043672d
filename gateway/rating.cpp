#include "gateway/rating.h"

#include <algorithm>

namespace pulse::gateway {

pricing::CostTotal rate(const Routes& routes, const Provider& provider, const Billed& billed) {
    pricing::Found found = billed.found;
    if (!billed.model_served.empty() && billed.model_served != billed.model) {
        const pricing::Found served = routes.price(provider, billed.model_served);
        if (served.model != nullptr) {
            found = served;
        }
    }
    pricing::CostTotal cost = pricing::total_cost_of(
        {.found = found,
         .usage = billed.usage,
         .tier = pricing::parse_service_tier(billed.tier).value_or(pricing::ServiceTier::standard),
         .at = billed.at});
    if (billed.is_guess) {
        cost.status = std::max(cost.status, pricing::CostStatus::estimated);
    }
    return cost;
}

}  // namespace pulse::gateway
