#include "app/commands/price_text.h"
#include "app/commands/prices.h"
#include "base/clock.h"
#include "base/money.h"
#include "pricing/catalog/compare.h"
#include "pricing/catalog/writer.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>

namespace pulse::app {

namespace json = boost::json;

namespace {

using pricing::Price;
using pricing::PriceClass;

[[nodiscard]] std::string plain_usd(
    const pricing::Model& model, PriceClass price_class, TimePoint at) {
    const Price* price = pricing::plain_price(model, price_class, at);
    return price == nullptr
               ? "-"
               : multiply(
                     {.quantity = 1'000'000, .amount_pico = price->amount_pico, .per = price->per},
                     Rounding::half_up)
                     .to_string();
}

/// The agreements that may count for a model, whoever calls it; of all models without one.
[[nodiscard]] std::vector<pricing::PriceOverride> agreed_on(
    const pricing::Catalog& catalog, const PricesOptions& wanted, const pricing::Model* model) {
    auto out = catalog.overrides().entries();
    std::erase_if(out, [&](const pricing::PriceOverride& entry) {
        const bool is_of_provider = entry.provider.empty() || entry.provider == wanted.provider ||
                                    (model != nullptr && entry.provider == model->provider) ||
                                    (model == nullptr && wanted.provider.empty());
        const bool is_of_model = entry.model.empty() || model == nullptr ||
                                 entry.model == model->id || entry.model == wanted.model;
        return !is_of_provider || !is_of_model;
    });
    return out;
}

[[nodiscard]] json::array agreed_json_of(const std::vector<pricing::PriceOverride>& entries) {
    json::array out;
    for (const auto& entry : entries) {
        out.push_back(agreed_json(entry));
    }
    return out;
}

void print_agreed(const std::vector<pricing::PriceOverride>& entries) {
    for (const auto& entry : entries) {
        std::printf("  agreed  %s\n", agreed_text(entry).c_str());
    }
}

/// What `name` costs: as a gateway rates it where it is a configured provider's.
[[nodiscard]] pricing::Found find_of(
    const gateway::Routes& routes, std::string_view provider, std::string_view name) {
    const gateway::Provider* const configured = routes.provider_named(provider);
    return configured == nullptr ? routes.catalog().find(provider, name)
                                 : routes.price(*configured, name);
}

/// The named model, by its provider, by `provider/model`, or by whose name it is.
[[nodiscard]] pricing::Found find_named(
    const gateway::Routes& routes, const PricesOptions& wanted) {
    if (!wanted.provider.empty()) {
        return find_of(routes, wanted.provider, wanted.model);
    }
    if (const auto owner = routes.catalog().provider_of(wanted.model); !owner.empty()) {
        return find_of(routes, owner, wanted.model);
    }
    const auto slash = wanted.model.find('/');
    return slash == std::string::npos ? pricing::Found{}
                                      : find_of(
                                            routes,
                                            wanted.model.substr(0, slash),
                                            std::string_view(wanted.model).substr(slash + 1));
}

/// The catalogue's models of a provider, or of all, but for those that its own prices stand before.
void append_listed(
    const gateway::Routes& routes,
    std::string_view provider,
    const gateway::Provider* configured,
    std::vector<const pricing::Model*>& out) {
    for (const pricing::Model& model : routes.catalog().models()) {
        const gateway::Provider* const owner =
            provider.empty() ? routes.provider_named(model.provider) : configured;
        const bool is_hidden = owner != nullptr && owner->own_prices != nullptr &&
                               owner->own_prices->find(owner->name, model.id).model != nullptr;
        const bool is_wanted =
            provider.empty() || routes.catalog().find(provider, model.id).model == &model;
        if (is_wanted && !is_hidden) {
            out.push_back(&model);
        }
    }
}

/// The providers' own prices, then the catalogue's: by the provider's name, else by its kind.
[[nodiscard]] std::vector<const pricing::Model*> models_in_force(
    const gateway::Routes& routes, const std::string& provider) {
    std::vector<const pricing::Model*> out;
    for (const auto& entry : routes.providers()) {
        if (entry->own_prices != nullptr && (provider.empty() || provider == entry->name)) {
            for (const pricing::Model& model : entry->own_prices->models()) {
                out.push_back(&model);
            }
        }
    }
    const std::size_t own = out.size();
    const gateway::Provider* const configured = routes.provider_named(provider);
    append_listed(routes, provider, configured, out);
    if (out.size() == own && configured != nullptr) {
        append_listed(routes, configured->kind, configured, out);
    }
    return out;
}

}  // namespace

int list_prices(const CommonOptions& options, const PricesOptions& wanted) {
    const auto routes = open_prices(options, wanted);
    if (!routes) {
        return fail(routes.error());
    }
    const std::string& version = (*routes)->catalog().version();
    const auto models = models_in_force(**routes, wanted.provider);
    if (options.json) {
        json::array out;
        for (const pricing::Model* model : models) {
            out.push_back(model_json(*model));
        }
        std::printf(
            "%s\n",
            json::serialize(
                json::object{
                    {"version", version},
                    {"models", std::move(out)},
                    {"agreed", agreed_json_of(agreed_on((*routes)->catalog(), wanted, nullptr))}})
                .c_str());
        return kExitDone;
    }
    const TimePoint now = system_clock().now();
    std::printf(
        "%-16s %-56s %14s %14s\n", "PROVIDER", "MODEL (USD per million)", "INPUT", "OUTPUT");
    for (const pricing::Model* model : models) {
        std::printf(
            "%-16s %-56s %14s %14s\n",
            model->provider.c_str(),
            model->id.c_str(),
            plain_usd(*model, PriceClass::input, now).c_str(),
            plain_usd(*model, PriceClass::output, now).c_str());
    }
    print_agreed(agreed_on((*routes)->catalog(), wanted, nullptr));
    std::printf("%s\n", version.c_str());
    return kExitDone;
}

int show_price(const CommonOptions& options, const PricesOptions& wanted) {
    const auto routes = open_prices(options, wanted);
    if (!routes) {
        return fail(routes.error());
    }
    const std::string& version = (*routes)->catalog().version();
    const pricing::Found found = find_named(**routes, wanted);
    if (found.model == nullptr) {
        const std::string like = found.reference == nullptr
                                     ? ""
                                     : "; it would be estimated at 1.2 × " +
                                           found.reference->provider + "/" + found.reference->id;
        return fail(Error(
            Errc::not_found,
            "no price of `" + wanted.model + "` is listed" + like +
                "; name it as PROVIDER/MODEL, `pulse prices list` shows all"));
    }
    const auto agreed = agreed_on((*routes)->catalog(), wanted, found.model);
    if (options.json) {
        json::object out = model_json(*found.model);
        out["match"] = found.match == pricing::Match::exact ? "exact" : "derived";
        out["price_version"] = version;
        out["agreed"] = agreed_json_of(agreed);
        std::printf("%s\n", json::serialize(out).c_str());
        return kExitDone;
    }
    std::printf(
        "%s/%s  (%s)\n",
        found.model->provider.c_str(),
        found.model->id.c_str(),
        found.model->mode.c_str());
    for (const std::string& alias : found.model->aliases) {
        std::printf("  also %s\n", alias.c_str());
    }
    for (const Price& price : found.model->prices) {
        std::printf(
            "  %-18s %22s  %-8s %s\n",
            std::string(pricing::to_string(price.price_class)).c_str(),
            shown_usd(price).c_str(),
            price.source.c_str(),
            conditions(price).c_str());
    }
    print_agreed(agreed);
    std::printf("%s\n", version.c_str());
    return kExitDone;
}

}  // namespace pulse::app
