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

constexpr std::int64_t kMillion = 1'000'000;

/// USD for as many units as people compare by: a million tokens or characters, else one.
[[nodiscard]] std::string shown_usd(const Price& price) {
    const bool by_million =
        pricing::is_token_class(price.price_class) || price.price_class == PriceClass::character ||
        price.price_class == PriceClass::character_out || price.price_class == PriceClass::pixel;
    return multiply(
               {.quantity = by_million ? kMillion : 1,
                .amount_pico = price.amount_pico,
                .per = price.per},
               Rounding::half_up)
               .to_string() +
           (by_million ? " / 1M" : " / 1");
}

[[nodiscard]] std::string plain_usd(
    const pricing::Model& model, PriceClass price_class, TimePoint at) {
    const Price* price = pricing::plain_price(model, price_class, at);
    return price == nullptr
               ? "-"
               : multiply(
                     {.quantity = kMillion, .amount_pico = price->amount_pico, .per = price->per},
                     Rounding::half_up)
                     .to_string();
}

[[nodiscard]] json::object price_json(const Price& price) {
    json::object out{
        {"class", pricing::to_string(price.price_class)},
        {"tier", pricing::to_string(price.tier)},
        {"amount_pico", price.amount_pico},
        {"per", price.per},
        {"source", price.source},
        {"confidence", pricing::to_string(price.confidence)}};
    if (price.min_input > 0) {
        out[price.min_input_inclusive ? "input_from" : "input_above"] = price.min_input;
    }
    if (!price.region.empty()) {
        out["region"] = price.region;
    }
    if (!price.deployment.empty()) {
        out["deployment"] = price.deployment;
    }
    if (price.valid_from) {
        out["valid_from"] = pricing::time_text(*price.valid_from);
    }
    if (price.valid_to) {
        out["valid_to"] = pricing::time_text(*price.valid_to);
    }
    if (price.hours) {
        out["hours_utc_from_minute"] = price.hours->from.count();
        out["hours_utc_to_minute"] = price.hours->to.count();
    }
    return out;
}

[[nodiscard]] json::object model_json(const pricing::Model& model) {
    json::array prices;
    for (const Price& price : model.prices) {
        prices.push_back(price_json(price));
    }
    return {
        {"provider", model.provider},
        {"id", model.id},
        {"mode", model.mode},
        {"aliases", json::array(model.aliases.begin(), model.aliases.end())},
        {"context", model.context_tokens},
        {"max_output", model.output_tokens_max},
        {"prices", prices}};
}

[[nodiscard]] std::string conditions(const Price& price) {
    std::string out;
    const auto add = [&out](const std::string& text) {
        out += (out.empty() ? "" : ", ") + text;
    };
    if (price.tier != pricing::ServiceTier::standard) {
        add(std::string(pricing::to_string(price.tier)));
    }
    if (price.min_input > 0) {
        add((price.min_input_inclusive ? "input from " : "input above ") +
            std::to_string(price.min_input));
    }
    if (!price.region.empty()) {
        add("in " + price.region);
    }
    if (!price.deployment.empty()) {
        add(price.deployment);
    }
    if (price.valid_from) {
        add("from " + pricing::time_text(*price.valid_from));
    }
    if (price.valid_to) {
        add("until " + pricing::time_text(*price.valid_to));
    }
    if (price.hours) {
        add("at certain hours (UTC)");
    }
    return out;
}

/// The named model, by its provider, by `provider/model`, or by whose name it is.
[[nodiscard]] pricing::Found find_named(
    const pricing::Catalog& catalog, const PricesOptions& wanted) {
    if (!wanted.provider.empty()) {
        return catalog.find(wanted.provider, wanted.model);
    }
    if (const auto owner = catalog.provider_of(wanted.model); !owner.empty()) {
        return catalog.find(owner, wanted.model);
    }
    const auto slash = wanted.model.find('/');
    return slash == std::string::npos ? pricing::Found{}
                                      : catalog.find(
                                            wanted.model.substr(0, slash),
                                            std::string_view(wanted.model).substr(slash + 1));
}

}  // namespace

int list_prices(const CommonOptions& options, const PricesOptions& wanted) {
    const auto catalog = open_catalog(options, wanted);
    if (!catalog) {
        return fail(catalog.error());
    }
    const TimePoint now = system_clock().now();
    json::array out;
    if (!options.json) {
        std::printf(
            "%-16s %-56s %14s %14s\n", "PROVIDER", "MODEL (USD per million)", "INPUT", "OUTPUT");
    }
    for (const pricing::Model& model : (*catalog)->models()) {
        if (!wanted.provider.empty() &&
            (*catalog)->find(wanted.provider, model.id).model != &model) {
            continue;
        }
        if (options.json) {
            out.push_back(model_json(model));
        } else {
            std::printf(
                "%-16s %-56s %14s %14s\n",
                model.provider.c_str(),
                model.id.c_str(),
                plain_usd(model, PriceClass::input, now).c_str(),
                plain_usd(model, PriceClass::output, now).c_str());
        }
    }
    if (options.json) {
        std::printf(
            "%s\n",
            json::serialize(json::object{{"version", (*catalog)->version()}, {"models", out}})
                .c_str());
    } else {
        std::printf("%s\n", (*catalog)->version().c_str());
    }
    return kExitDone;
}

int show_price(const CommonOptions& options, const PricesOptions& wanted) {
    const auto catalog = open_catalog(options, wanted);
    if (!catalog) {
        return fail(catalog.error());
    }
    const pricing::Found found = find_named(**catalog, wanted);
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
    if (options.json) {
        json::object out = model_json(*found.model);
        out["match"] = found.match == pricing::Match::exact ? "exact" : "derived";
        out["price_version"] = (*catalog)->version();
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
    std::printf("%s\n", (*catalog)->version().c_str());
    return kExitDone;
}

}  // namespace pulse::app
