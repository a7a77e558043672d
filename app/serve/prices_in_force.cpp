#include "app/serve/prices_in_force.h"

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
        catalog = pricing::Catalog::merged(*catalog, (*extra)->models());
    }
    return catalog;
}

Result<std::shared_ptr<const pricing::Catalog>> prices_in_force(const Config& config) {
    return with_configured_prices(config.pricing, starting_catalog(price_refresh_settings(config)));
}

}  // namespace pulse::app
