#include "app/commands/price_text.h"

#include "base/money.h"
#include "pricing/catalog/writer.h"

#include <utility>

namespace pulse::app {

namespace json = boost::json;

namespace {

using pricing::Price;
using pricing::PriceClass;

constexpr std::int64_t kMillion = 1'000'000;

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

/// What the agreement is for, by the names of the catalogue's keys.
[[nodiscard]] std::vector<std::pair<const char*, std::string>> said(
    const pricing::PriceOverride& entry) {
    std::vector<std::pair<const char*, std::string>> out;
    const auto add = [&out](const char* key, std::string text) {
        if (!text.empty()) {
            out.emplace_back(key, std::move(text));
        }
    };
    add("org", entry.org);
    add("team", entry.team);
    add("key", entry.key);
    add("provider", entry.provider);
    add("model", entry.model);
    add("class", entry.price_class ? std::string(pricing::to_string(*entry.price_class)) : "");
    add("tier", entry.tier ? std::string(pricing::to_string(*entry.tier)) : "");
    return out;
}

}  // namespace

/// USD for as many units as people compare by: a million tokens or characters, else one.
std::string shown_usd(const Price& price) {
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

std::string conditions(const Price& price) {
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

json::object model_json(const pricing::Model& model) {
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

std::string agreed_text(const pricing::PriceOverride& entry) {
    std::string out;
    for (const auto& [key, text] : said(entry)) {
        out += (out.empty() ? "" : ", ") + std::string(key) + " " + text;
    }
    out += out.empty() ? "everybody: " : ": ";
    out += entry.amount ? shown_usd(
                              {.price_class = entry.price_class.value_or(PriceClass::input),
                               .amount_pico = entry.amount->amount_pico,
                               .per = entry.amount->per})
                        : "× " + pricing::multiplier_text(entry.factor);
    out += entry.valid_from ? " from " + pricing::time_text(*entry.valid_from) : "";
    return out + (entry.valid_to ? " until " + pricing::time_text(*entry.valid_to) : "");
}

json::object agreed_json(const pricing::PriceOverride& entry) {
    json::object out;
    for (const auto& [key, text] : said(entry)) {
        out[key] = text;
    }
    if (entry.amount) {
        out["amount_pico"] = entry.amount->amount_pico;
        out["per"] = entry.amount->per;
    } else {
        out["multiplier"] = pricing::multiplier_text(entry.factor);
    }
    if (entry.valid_from) {
        out["valid_from"] = pricing::time_text(*entry.valid_from);
    }
    if (entry.valid_to) {
        out["valid_to"] = pricing::time_text(*entry.valid_to);
    }
    return out;
}

}  // namespace pulse::app
