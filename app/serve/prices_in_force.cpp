#include "app/serve/prices_in_force.h"

#include "gateway/snapshot.h"

#include <fstream>
#include <sstream>
#include <utility>

namespace pulse::app {

PriceRefreshSettings price_refresh_settings(const Config& config) {
    PriceRefreshSettings settings{
        .url = config.pricing.refresh_url, .rules = {}, .kept = config.store.spool.path};
    settings.rules.every = config.pricing.refresh_every;
    if (!settings.kept.has_filename()) {
        settings.kept = settings.kept.parent_path();  // "spool/"
    }
    // Of one build: a newer program may know models that an older one's file hides.
    settings.kept.replace_filename("prices-" + pricing::Catalog::builtin()->version() + ".json");
    return settings;
}

Result<std::shared_ptr<const pricing::Catalog>> with_configured_prices(
    const PricingSettings& settings, std::shared_ptr<const pricing::Catalog> catalog) {
    for (const std::filesystem::path& path : settings.catalogs) {
        std::ifstream in(path);
        std::ostringstream text;
        text << in.rdbuf();
        if (!in) {
            return Error(Errc::configuration, "pricing.catalog: cannot read " + path.string());
        }
        auto extra = pricing::Catalog::parse(text.str());
        if (!extra) {
            return Error(
                Errc::configuration,
                "pricing.catalog: " + path.string() + ": " + extra.error().detail());
        }
        catalog = pricing::Catalog::overlaid(*catalog, **extra);
    }
    return catalog;
}

Result<std::shared_ptr<const pricing::Catalog>> prices_in_force(const Config& config) {
    return with_configured_prices(config.pricing, starting_catalog(price_refresh_settings(config)));
}

Result<std::shared_ptr<const gateway::Routes>> priced_routes(const Config& config) {
    auto catalog = prices_in_force(config);
    if (!catalog) {
        return catalog.error();
    }
    gateway::GatewaySettings settings = config.gateway;
    for (gateway::ProviderSettings& provider : settings.providers) {
        if (provider.sandbox) {
            provider.base_url = "http://127.0.0.1/v1";  // it listens in a running gateway only
        }
    }
    return gateway::make_routes(settings, *std::move(catalog));
}

}  // namespace pulse::app
