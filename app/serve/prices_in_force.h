#pragma once

#include "app/config/config.h"
#include "app/serve/price_refresh.h"
#include "base/error.h"
#include "gateway/routing/routes.h"
#include "pricing/catalog/catalog.h"

#include <memory>

namespace pulse::app {

/// Where the configuration says that newer prices come from and are kept.
[[nodiscard]] PriceRefreshSettings price_refresh_settings(const Config& config);

/// `catalog` with the files of `pricing.catalog` over it. Errors: configuration that names the
/// file.
[[nodiscard]] Result<std::shared_ptr<const pricing::Catalog>> with_configured_prices(
    const PricingSettings& settings, std::shared_ptr<const pricing::Catalog> catalog);

/// The prices that a gateway with this configuration starts with. Errors: configuration.
[[nodiscard]] Result<std::shared_ptr<const pricing::Catalog>> prices_in_force(const Config& config);

/// The providers of the configuration with those prices, for rating only: nothing can be sent by
/// them. Errors: configuration.
[[nodiscard]] Result<std::shared_ptr<const gateway::Routes>> priced_routes(const Config& config);

}  // namespace pulse::app
