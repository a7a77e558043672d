#include "gateway/snapshot.h"

namespace pulse::gateway {

Result<std::shared_ptr<const Routes>> make_routes(
    const GatewaySettings& settings,
    std::shared_ptr<const pricing::Catalog> catalog,
    const ObtainCredential& obtain) {
    std::vector<std::shared_ptr<const Provider>> providers;
    for (const ProviderSettings& entry : settings.providers) {
        auto provider = make_provider(entry, settings.timeouts, providers.size(), obtain);
        if (!provider) {
            return provider.error();
        }
        providers.push_back(*std::move(provider));
    }
    return std::make_shared<const Routes>(
        std::move(providers), settings.models, std::move(catalog));
}

}  // namespace pulse::gateway
