#include "app/commands/prices.h"
#include "app/serve/prices_in_force.h"
#include "base/rfc3339.h"
#include "storage/tables/rerating.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdio>

namespace pulse::app {

namespace json = boost::json;

namespace {

constexpr std::size_t kModelsMax = 10'000;

/// Do the prices in force know it meanwhile? Then a running gateway rates its calls again.
[[nodiscard]] bool is_known_now(
    const gateway::Routes& routes, const storage::UnpricedModel& unpriced) {
    const gateway::Provider* const configured = routes.provider_named(unpriced.provider);
    const auto is_known = [&](const std::string& name) {
        const auto found = configured == nullptr ? routes.catalog().find(unpriced.provider, name)
                                                 : routes.price(*configured, name);
        return !name.empty() && found.model != nullptr;
    };
    return is_known(unpriced.model) || is_known(unpriced.model_served);
}

void print_json(
    const gateway::Routes& routes, const std::vector<storage::UnpricedModel>& unpriced) {
    json::array models;
    for (const auto& model : unpriced) {
        models.push_back(json::object{
            {"provider", model.provider},
            {"model", model.model},
            {"model_served",
             model.model_served.empty() ? json::value(nullptr) : json::value(model.model_served)},
            {"calls", model.attempts},
            {"estimated_cost", model.cost.to_string()},
            {"currency", "USD"},
            {"first_seen", rfc3339_micros(model.first_seen)},
            {"last_seen", rfc3339_micros(model.last_seen)},
            {"known_now", is_known_now(routes, model)}});
    }
    const json::object out{
        {"price_version", routes.catalog().version()}, {"models", std::move(models)}};
    std::printf("%s\n", json::serialize(out).c_str());
}

void print_text(
    const gateway::Routes& routes, const std::vector<storage::UnpricedModel>& unpriced) {
    std::printf(
        "%-16s %-48s %10s %18s  %-27s %-27s\n",
        "PROVIDER",
        "MODEL WITHOUT A PRICE",
        "CALLS",
        "ESTIMATED USD",
        "FIRST",
        "LAST");
    for (const auto& model : unpriced) {
        std::printf(
            "%-16s %-48s %10lld %18s  %-27s %-27s%s\n",
            model.provider.c_str(),
            model.model.c_str(),
            static_cast<long long>(model.attempts),
            model.cost.to_string().c_str(),
            rfc3339_micros(model.first_seen).c_str(),
            rfc3339_micros(model.last_seen).c_str(),
            is_known_now(routes, model) ? "  known now" : "");
    }
    if (!unpriced.empty()) {
        std::printf(
            "Give them a price in a file of `pricing.catalog`, as a model or as an alias of one, "
            "or "
            "in `providers.NAME.prices`; a running gateway (after SIGHUP) rates their calls "
            "again.\n");
    }
}

}  // namespace

int list_unpriced(const CommonOptions& options, const PricesOptions& wanted) {
    if (!wanted.catalog.empty() || !wanted.catalog_format.empty()) {
        return fail(Error(
            Errc::invalid_request,
            "--unpriced lists calls of the ledger and goes by the configured prices; leave "
            "--catalog out"));
    }
    const auto config = read_config(options);
    if (!config) {
        return fail(config.error());
    }
    const auto routes = priced_routes(*config);
    if (!routes) {
        return fail(routes.error());
    }
    auto database = open_configured_database(options);
    if (!database) {
        return fail(database.error());
    }
    auto unpriced = storage::unpriced_models((*database)->session(), TimePoint{}, kModelsMax);
    if (!unpriced) {
        return fail(unpriced.error());
    }
    if (!wanted.provider.empty()) {
        std::erase_if(
            *unpriced, [&](const auto& model) { return model.provider != wanted.provider; });
    }
    options.json ? print_json(**routes, *unpriced) : print_text(**routes, *unpriced);
    return kExitDone;
}

}  // namespace pulse::app
