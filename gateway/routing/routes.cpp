#include "gateway/routing/routes.h"

#include <algorithm>

#include "policy/access/access.h"

namespace pulse::gateway {

namespace {

constexpr std::size_t kShownNameMax = 120;

[[nodiscard]] bool is_glob(std::string_view text) {
    return text.find_first_of("*?") != std::string_view::npos;
}

[[nodiscard]] bool takes(const Provider& provider, std::string_view model) {
    return std::any_of(provider.models.begin(), provider.models.end(), [&](const std::string& glob) {
        return policy::matches_glob(glob, model);
    });
}

}  // namespace

Routes::Routes(
    std::vector<std::shared_ptr<const Provider>> providers,
    std::vector<VirtualModel> virtual_models,
    std::shared_ptr<const pricing::Catalog> catalog)
    : providers_(std::move(providers)),
      virtual_models_(std::move(virtual_models)),
      catalog_(std::move(catalog)) {
    if (providers_.size() == 1 && providers_.front()->sandbox) {
        only_sandbox_ = providers_.front().get();
    }
    list_models();
}

const Provider* Routes::provider_named(std::string_view name) const {
    for (const auto& provider : providers_) {
        if (provider->name == name) {
            return provider.get();
        }
    }
    return nullptr;
}

const Provider* Routes::provider_speaking(Dialect dialect, std::string_view kind) const {
    const auto rank = [&](const Provider& provider) {
        return (provider.kind == kind ? 2 : 0) + (provider.sandbox ? 0 : 1);
    };
    const Provider* found = nullptr;
    for (const auto& provider : providers_) {
        if (provider->dialect == dialect && (found == nullptr || rank(*provider) > rank(*found))) {
            found = provider.get();
        }
    }
    return found;
}

const Provider* Routes::provider_taking(
    std::string_view model, Dialect dialect, std::string_view kind) const {
    const Provider* near = nullptr;
    const Provider* other = nullptr;
    const auto is_it = [&](const Provider& provider) {
        if (provider.dialect == dialect && (kind.empty() || provider.kind == kind)) {
            return true;
        }
        const Provider*& second = provider.dialect == dialect ? near : other;
        second = second == nullptr ? &provider : second;
        return false;
    };
    for (const auto& provider : providers_) {
        if (takes(*provider, model) && is_it(*provider)) {
            return provider.get();
        }
    }
    // A name that the provider's own `prices:` list is one that it serves; "*" gives a price, not a right to every name.
    for (const auto& provider : providers_) {
        if (provider->own_prices != nullptr) {
            const pricing::Found own = provider->own_prices->find(provider->name, model);
            if (own.match == pricing::Match::exact && own.model != nullptr && own.model->id != "*" && is_it(*provider)) {
                return provider.get();
            }
        }
    }
    if (near != nullptr || other != nullptr) {
        return near != nullptr ? near : other;
    }
    return vendor_of(model, kind);
}

/// Nobody says that it serves the model: whose is it in the catalogue?
const Provider* Routes::vendor_of(std::string_view model, std::string_view kind) const {
    for (const auto& provider : providers_) {
        if (!kind.empty() && provider->kind == kind && price(*provider, model).model != nullptr) {
            return provider.get();
        }
    }
    const std::string_view vendor = catalog_->provider_of(model);
    if (const Provider* named = provider_named(vendor); named != nullptr) {
        return named;
    }
    for (const auto& provider : providers_) {
        // Any server may speak OpenAI's dialect; of the other kinds each is its vendor's own.
        const bool is_vendors = provider->kind != "openai" || provider->is_official;
        if (!vendor.empty() && !provider->sandbox && provider->kind == vendor && is_vendors) {
            return provider.get();
        }
    }
    return nullptr;
}

pricing::Found Routes::price(const Provider& provider, std::string_view model) const {
    if (provider.own_prices != nullptr) {
        const pricing::Found own = provider.own_prices->find(provider.name, model);
        if (own.model != nullptr) {
            return own;
        }
    }
    // Only Bedrock lists a model under another name for a region; elsewhere the region is one of a model's prices.
    const std::string_view region =
        provider.kind == "bedrock" ? std::string_view{provider.price_region} : std::string_view{};
    const pricing::Found found = catalog_->find(provider.name, model, region);
    if (found.model != nullptr || provider.name == provider.kind) {
        return found;
    }
    pricing::Found by_kind = catalog_->find(provider.kind, model, region);
    // Any server may speak OpenAI's dialect; its prices are OpenAI's by assumption, and the status says so.
    if (by_kind.match == pricing::Match::exact && provider.kind == "openai" && !provider.is_official) {
        by_kind.match = pricing::Match::derived;
    }
    return by_kind.model != nullptr ? by_kind : found;
}

Result<Target> Routes::find(
    std::string_view asked, Dialect dialect, std::string_view kind) const {
    if (const std::size_t slash = asked.find('/'); slash != std::string_view::npos) {
        const Provider* provider = provider_named(asked.substr(0, slash));
        if (provider != nullptr && slash + 1 < asked.size()) {
            const std::string_view model = asked.substr(slash + 1);
            return Target{provider, model, price(*provider, model)};
        }
    }
    for (const VirtualModel& entry : virtual_models_) {
        if (entry.name == asked && !entry.targets.empty()) {
            const Provider* provider = provider_named(entry.targets.front().provider);
            if (provider != nullptr) {
                const std::string_view model = entry.targets.front().model;
                return Target{provider, model, price(*provider, model)};
            }
        }
    }
    if (const Provider* provider = provider_taking(asked, dialect, kind); provider != nullptr) {
        return Target{provider, asked, price(*provider, asked)};
    }
    if (only_sandbox_ != nullptr) {
        return Target{only_sandbox_, asked, price(*only_sandbox_, asked)};
    }
    return Error(
               Errc::model_not_found,
               "The model `" + std::string(asked.substr(0, kShownNameMax)) +
                   "` is not known here. GET /v1/models lists the names; `provider/model` addresses a provider directly.")
        .with_param("model");
}

void Routes::list_models() {
    for (const VirtualModel& entry : virtual_models_) {
        if (!entry.targets.empty() && provider_named(entry.targets.front().provider) != nullptr) {
            listed_.push_back({entry.name, entry.targets.front().provider, entry.targets.front().model});
        }
    }
    const auto add = [&](const Provider& provider, const std::string& model) {
        if (model == "*" || is_glob(model)) {
            return;
        }
        const bool is_plain = provider_taking(model, provider.dialect, {}) == &provider;
        std::string id = is_plain ? model : provider.name + '/' + model;
        const bool is_new = std::none_of(
            listed_.begin(), listed_.end(), [&](const ListedModel& other) { return other.id == id; });
        if (is_new) {
            listed_.push_back({std::move(id), provider.name, model});
        }
    };
    for (const auto& provider : providers_) {
        for (const std::string& model : provider->models) {
            add(*provider, model);
        }
        if (provider->own_prices != nullptr) {
            for (const pricing::Model& model : provider->own_prices->models()) {
                add(*provider, model.id);
            }
        }
        for (const pricing::Model& model : catalog_->models()) {
            const bool is_own = model.provider == provider->name;
            if (is_own || (model.provider == provider->kind && provider_taking(model.id, provider->dialect, {}) == provider.get())) {
                add(*provider, model.id);
            }
        }
    }
}

}  // namespace pulse::gateway
