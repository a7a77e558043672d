#include "pricing/catalog/catalog.h"
#include "pricing/catalog/detail/json_object.h"
#include "pricing/catalog/detail/name_table.h"

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace pulse::pricing {
namespace {

namespace json = boost::json;
using detail::JsonObject;

constexpr std::size_t kDocumentBytesMax = std::size_t{32} << 20;
constexpr std::size_t kModelsMax = 100'000;
constexpr std::size_t kPricesPerModelMax = 256;
constexpr std::size_t kAliasesPerModelMax = 256;
constexpr std::int64_t kTokensMax = 1'000'000'000;

Error corrupt(const std::string& where, const std::string& what) {
    return Error{Errc::corrupt_input, "catalogue: " + where + what};
}

std::string at(std::string_view list, std::size_t number) {
    return std::string{list} + "[" + std::to_string(number) + "].";
}

/// Two rows that hold at the same time for the same thing: which one would count?
bool collide(const Price& a, const Price& b) {
    const auto threshold = [](const Price& price) {
        return price.min_input + (price.min_input_inclusive ? 0 : 1);
    };
    const auto starts_before_end = [](const Price& x, const Price& y) {
        return !x.valid_from || !y.valid_to || *x.valid_from < *y.valid_to;
    };
    return a.price_class == b.price_class && a.tier == b.tier && threshold(a) == threshold(b) &&
           a.hours == b.hours && starts_before_end(a, b) && starts_before_end(b, a);
}

/// Reads the parts of one document. The first error ends it.
class Reader {
public:
    Result<void> read(const json::value& document);

    std::string version;
    std::vector<Provider> providers;
    std::vector<Model> models;

private:
    Result<void> read_sources(const json::array& list);
    Result<void> read_providers(const json::array& list);
    Result<void> read_models(const json::array& list);
    Result<Model> read_model(const json::value& value, const std::string& where);
    Result<Price> read_price(const json::value& value, const std::string& where);
    Result<std::vector<std::string>> read_aliases(
        const json::array* list, const std::string& where);

    std::set<std::string, std::less<>> sources_;
    detail::NameTable provider_names_;
    detail::NameTable model_names_;
};

Result<void> Reader::read(const json::value& document) {
    JsonObject object{document, {"schema", "version", "sources", "providers", "models"}};
    static_cast<void>(object.number("schema", std::nullopt, 1, 1));
    version = object.text("version");
    const auto* sources = object.required_array("sources");
    const auto* listed = object.array("providers");
    const auto* list = object.required_array("models");
    if (!object.error().empty()) {
        return corrupt("", object.error());
    }
    if (auto done = read_sources(*sources); !done) {
        return done;
    }
    if (auto done = listed != nullptr ? read_providers(*listed) : Result<void>{}; !done) {
        return done;
    }
    return read_models(*list);
}

Result<void> Reader::read_sources(const json::array& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
        JsonObject object{list[i], {"name", "ref", "licence", "fetched_at"}};
        const auto name = object.text("name");
        static_cast<void>(object.text("ref"));
        static_cast<void>(object.text("licence"));
        static_cast<void>(object.time("fetched_at"));
        if (object.error().empty() && !sources_.insert(name).second) {
            object.fail("name", "is listed twice");
        }
        if (!object.error().empty()) {
            return corrupt(at("sources", i), object.error());
        }
    }
    return {};
}

Result<void> Reader::read_providers(const json::array& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto where = at("providers", i);
        JsonObject object{list[i], {"id", "aliases"}};
        Provider provider{.id = object.text("id"), .aliases = {}};
        const auto* aliases = object.array("aliases");
        if (!object.error().empty()) {
            return corrupt(where, object.error());
        }
        auto names = read_aliases(aliases, where);
        if (!names) {
            return names.error();
        }
        provider.aliases = std::move(*names);
        bool fresh = provider_names_.insert(0, provider.id, 0);
        for (const auto& alias : provider.aliases) {
            fresh = provider_names_.insert(0, alias, 0) && fresh;
        }
        if (!fresh) {
            return corrupt(where, "id: a name is listed twice");
        }
        providers.push_back(std::move(provider));
    }
    return {};
}

Result<void> Reader::read_models(const json::array& list) {
    if (list.size() > kModelsMax) {
        return corrupt("models: ", "more than " + std::to_string(kModelsMax));
    }
    models.reserve(list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto where = at("models", i);
        auto model = read_model(list[i], where);
        if (!model) {
            return model.error();
        }
        const auto name_is_new = [&](const std::string& name) {
            return model_names_.insert(0, model->provider + '\n' + name, 0);
        };
        if (!name_is_new(model->id)) {
            return corrupt(where, "id: " + model->id + " is listed twice");
        }
        const auto twice = std::ranges::find_if_not(model->aliases, name_is_new);
        if (twice != model->aliases.end()) {
            return corrupt(where, "aliases: " + *twice + " is listed twice");
        }
        models.push_back(std::move(*model));
    }
    return {};
}

Result<Model> Reader::read_model(const json::value& value, const std::string& where) {
    JsonObject object{
        value, {"provider", "id", "mode", "aliases", "context", "max_output", "prices"}};
    Model model;
    model.provider = object.text("provider");
    model.id = object.text("id");
    model.mode = object.text("mode");
    model.context_tokens = object.number("context", 0, 1, kTokensMax);
    model.output_tokens_max = object.number("max_output", 0, 1, kTokensMax);
    const auto* aliases = object.array("aliases");
    const auto* prices = object.required_array("prices");
    if (prices != nullptr && prices->size() > kPricesPerModelMax) {
        object.fail("prices", "more than " + std::to_string(kPricesPerModelMax));
    }
    if (!object.error().empty()) {
        return corrupt(where, object.error());
    }
    auto names = read_aliases(aliases, where);
    if (!names) {
        return names.error();
    }
    model.aliases = std::move(*names);
    model.prices.reserve(prices->size());
    for (std::size_t i = 0; i < prices->size(); ++i) {
        const auto place = where + at("prices", i);
        auto price = read_price((*prices)[i], place);
        if (!price) {
            return price.error();
        }
        if (std::ranges::any_of(
                model.prices, [&](const Price& other) { return collide(*price, other); })) {
            return corrupt(
                place, "class: another price holds at the same time for the same class and tier");
        }
        model.prices.push_back(std::move(*price));
    }
    return model;
}

Result<Price> Reader::read_price(const json::value& value, const std::string& where) {
    JsonObject object{
        value,
        {"class",
         "tier",
         "amount_pico",
         "per",
         "min_input",
         "inclusive",
         "valid_from",
         "valid_to",
         "hours_utc",
         "source"}};
    const auto price_class = parse_price_class(object.text("class"));
    const auto tier =
        object.has("tier") ? parse_service_tier(object.text("tier")) : ServiceTier::standard;
    Price price;
    price.amount_pico = object.number("amount_pico", std::nullopt, 0, kAmountPicoMax);
    price.per = object.number("per", price.per, 1, kPerMax);
    price.min_input = object.number("min_input", 0, 0, kTokensMax);
    price.min_input_inclusive = object.flag("inclusive", true);
    price.valid_from = object.time("valid_from");
    price.valid_to = object.time("valid_to");
    price.hours = object.hours("hours_utc");
    price.source = object.text("source");
    if (!price_class) {
        object.fail("class", "unknown class");
    }
    if (!tier) {
        object.fail("tier", "must be standard, batch, flex or priority");
    }
    if (!in_bounds(price)) {
        object.fail("valid_to", "must be after valid_from");
    }
    if (!sources_.contains(price.source)) {
        object.fail("source", "is none of sources");
    }
    if (!object.error().empty()) {
        return corrupt(where, object.error());
    }
    price.price_class = *price_class;
    price.tier = *tier;
    return price;
}

Result<std::vector<std::string>> Reader::read_aliases(
    const json::array* list, const std::string& where) {
    std::vector<std::string> names;
    if (list == nullptr) {
        return names;
    }
    if (list->size() > kAliasesPerModelMax) {
        return corrupt(where, "aliases: more than " + std::to_string(kAliasesPerModelMax));
    }
    for (const auto& entry : *list) {
        const auto name = detail::plain_text(entry);
        if (name.empty()) {
            return corrupt(
                where, "aliases: must be texts of 1 to 256 bytes without control characters");
        }
        names.emplace_back(name);
    }
    return names;
}

}  // namespace

Result<std::shared_ptr<const Catalog>> Catalog::parse(std::string_view text) {
    if (text.size() > kDocumentBytesMax) {
        return Error{Errc::limit_exceeded, "catalogue: larger than 32 MiB"};
    }
    json::monotonic_resource memory;
    boost::system::error_code failed;
    const auto document = json::parse({text.data(), text.size()}, failed, &memory);
    if (failed) {
        return corrupt("", "no JSON: " + failed.message());
    }
    Reader reader;
    if (auto done = reader.read(document); !done) {
        return done.error();
    }
    return std::shared_ptr<const Catalog>(new Catalog(
        std::move(reader.version), std::move(reader.models), std::move(reader.providers)));
}

}  // namespace pulse::pricing
