#include "gateway/snapshot.h"

namespace pulse::gateway {

Result<std::shared_ptr<const Routes>> make_routes(
    const GatewaySettings& settings, const pricing::Catalog& catalog) {
    std::vector<std::shared_ptr<const Provider>> providers;
    std::vector<pricing::Model> own_prices;
    for (const ProviderSettings& entry : settings.providers) {
        auto provider = make_provider(entry, settings.timeouts, providers.size());
        if (!provider) {
            return provider.error();
        }
        providers.push_back(*std::move(provider));
        own_prices.insert(own_prices.end(), entry.prices.begin(), entry.prices.end());
    }
    return std::make_shared<const Routes>(
        std::move(providers), settings.models, pricing::Catalog::merged(catalog, std::move(own_prices)));
}

}  // namespace pulse::gateway
