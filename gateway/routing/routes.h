#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/error.h"
#include "gateway/providers/provider.h"
#include "gateway/settings.h"
#include "pricing/catalog/catalog.h"

namespace pulse::gateway {

/// Where a model name leads. `model` is the name at the provider, a view into the asked name or into the routes.
struct Target {
    const Provider* provider = nullptr;
    std::string_view model;
    pricing::Found found;
};

/// A name that `/v1/models` lists.
struct ListedModel {
    std::string id;
    std::string provider;
    std::string model;  ///< at the provider
};

/// Finds the provider of a model name (contract §3): `provider/model` always addresses a provider; a plain name goes to the
/// virtual model of that name, else to the provider whose `models` globs take it, else to the one that the catalogue names if it
/// is configured. With no provider but the built-in sandbox, the sandbox takes every name. Immutable.
class Routes {
public:
    Routes(
        std::vector<std::shared_ptr<const Provider>> providers,
        std::vector<VirtualModel> virtual_models,
        std::shared_ptr<const pricing::Catalog> catalog);

    /// A plain name goes first to the providers that speak `dialect`; among those to one of `kind`, where the path is
    /// one that only this kind has. Errors: model_not_found that names the model and what would make it known.
    [[nodiscard]] Result<Target> find(
        std::string_view asked, Dialect dialect = Dialect::openai, std::string_view kind = {}) const;

    /// Null when there is none.
    [[nodiscard]] const Provider* provider_named(std::string_view name) const;
    /// The first one that speaks `dialect`, of `kind` rather than of another, for calls that name no model; null when
    /// there is none.
    [[nodiscard]] const Provider* provider_speaking(Dialect dialect, std::string_view kind = {}) const;

    /// The price of a provider's model: the provider's own `prices:`, else the catalogue by the provider's name, else by its kind.
    [[nodiscard]] pricing::Found price(const Provider& provider, std::string_view model) const;

    /// Null when no provider is configured by that name.
    [[nodiscard]] const std::vector<ListedModel>& listed() const { return listed_; }
    [[nodiscard]] const std::vector<std::shared_ptr<const Provider>>& providers() const { return providers_; }
    [[nodiscard]] const pricing::Catalog& catalog() const { return *catalog_; }

private:
    [[nodiscard]] const Provider* provider_taking(
        std::string_view model, Dialect dialect, std::string_view kind) const;
    [[nodiscard]] const Provider* vendor_of(std::string_view model, std::string_view kind) const;
    void list_models();

    std::vector<std::shared_ptr<const Provider>> providers_;
    std::vector<VirtualModel> virtual_models_;
    std::shared_ptr<const pricing::Catalog> catalog_;
    std::vector<ListedModel> listed_;
    const Provider* only_sandbox_ = nullptr;
};

}  // namespace pulse::gateway
