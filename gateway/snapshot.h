#pragma once

#include <memory>
#include <vector>

#include "base/error.h"
#include "gateway/routing/routes.h"
#include "gateway/settings.h"
#include "policy/access/cidr.h"
#include "policy/access/key_directory.h"

namespace pulse::gateway {

/// Everything a request is decided by: settings, keys, routes with their prices. Immutable; a reload makes a new one and
/// posts it to each worker, a running request keeps the one it began with.
struct Snapshot {
    std::shared_ptr<const GatewaySettings> settings;
    std::shared_ptr<const Routes> routes;
    std::shared_ptr<const policy::KeyDirectory> keys;
    std::shared_ptr<const std::vector<policy::Cidr>> trusted_proxies = std::make_shared<const std::vector<policy::Cidr>>();
};

/// Providers and routes of `settings` over `catalog`.
/// Errors: configuration.
[[nodiscard]] Result<std::shared_ptr<const Routes>> make_routes(
    const GatewaySettings& settings,
    std::shared_ptr<const pricing::Catalog> catalog,
    const ObtainCredential& obtain = {});

}  // namespace pulse::gateway
