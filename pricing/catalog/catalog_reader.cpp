#include "base/digest.h"
#include "base/hex.h"
#include "pricing/catalog/catalog.h"
#include "pricing/catalog/detail/json_object.h"
#include "pricing/catalog/detail/json_tree.h"
#include "pricing/catalog/detail/name_table.h"
#include "pricing/catalog/detail/override_json.h"

#include <algorithm>
#include <set>
#include <utility>

namespace pulse::pricing {
namespace {

using detail::JsonNode;
using detail::JsonObject;

constexpr std::size_t kDocumentBytesMax = std::size_t{32} << 20;
constexpr std::size_t kModelsMax = 100'000;
constexpr std::size_t kPricesPerModelMax = 256;
constexpr std::size_t kAliasesPerModelMax = 256;
constexpr std::size_t kOverridesMax = 10'000;
constexpr std::int64_t kTokensMax = 1'000'000'000;
constexpr std::size_t kDigestHexSize = 64;
constexpr std::size_t kDigestWithin = 4096;  // the digest stands at a document's beginning

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
           a.hours == b.hours && a.region == b.region && a.deployment == b.deployment &&
           starts_before_end(a, b) && starts_before_end(b, a);
}

/// Reads the parts of one document. The first error ends it.
class Reader {
public:
    Result<void> read(const JsonNode& document);

    Catalog::Parts parts;
    std::string sha256_hex;  ///< as stated; empty: not stated

private:
    Result<void> read_sources(const JsonNode& list);
    Result<void> read_providers(const JsonNode& list);
    Result<void> read_models(const JsonNode& list);
    Result<void> read_overrides(const JsonNode& list);
    Result<Model> read_model(const JsonNode& value, const std::string& where);
    Result<Price> read_price(const JsonNode& value, const std::string& where);

    std::set<std::string, std::less<>> sources_;
    detail::NameTable provider_names_;
    detail::NameTable model_names_;
};

Result<std::vector<std::string>> read_names(
    const JsonNode* list, const std::string& where, const char* key) {
    std::vector<std::string> names;
    if (list == nullptr) {
        return names;
    }
    if (list->children > kAliasesPerModelMax) {
        return corrupt(
            where, std::string{key} + ": more than " + std::to_string(kAliasesPerModelMax));
    }
    names.reserve(list->children);
    for (const auto* entry = list->child; entry != nullptr; entry = entry->next) {
        const auto name = detail::plain_text(*entry);
        if (name.empty()) {
            return corrupt(
                where,
                std::string{key} + ": must be texts of 1 to 256 bytes without control characters");
        }
        names.emplace_back(name);
    }
    return names;
}

Result<std::shared_ptr<const MatchRule>> read_rule(
    const JsonNode* node, const std::string& where, const char* key) {
    if (node == nullptr) {
        return std::shared_ptr<const MatchRule>{};
    }
    auto rule = MatchRule::parse(*node);
    if (!rule) {
        return corrupt(where, std::string{key} + ": " + rule.error().detail());
    }
    return std::make_shared<const MatchRule>(std::move(*rule));
}

Result<void> Reader::read(const JsonNode& document) {
    JsonObject object{
        document,
        {"schema",
         "version",
         "sha256",
         "created_at",
         "sources",
         "providers",
         "models",
         "overrides"}};
    static_cast<void>(object.number("schema", std::nullopt, 1, 1));
    parts.version = object.text("version");
    sha256_hex = object.optional_text("sha256");
    static_cast<void>(object.time("created_at"));
    const auto* sources = object.required_array("sources");
    const auto* listed = object.array("providers");
    const auto* list = object.required_array("models");
    const auto* overrides = object.array("overrides");
    if (!object.error().empty()) {
        return corrupt("", object.error());
    }
    if (auto done = read_sources(*sources); !done) {
        return done;
    }
    if (auto done = listed != nullptr ? read_providers(*listed) : Result<void>{}; !done) {
        return done;
    }
    if (auto done = overrides != nullptr ? read_overrides(*overrides) : Result<void>{}; !done) {
        return done;
    }
    return read_models(*list);
}

Result<void> Reader::read_overrides(const JsonNode& list) {
    if (list.children > kOverridesMax) {
        return corrupt("overrides: ", "more than " + std::to_string(kOverridesMax));
    }
    for (const auto* node = list.child; node != nullptr; node = node->next) {
        auto read = detail::read_override(*node);
        if (!read) {
            return corrupt(at("overrides", parts.overrides.size()), read.error().detail());
        }
        parts.overrides.push_back(std::move(*read));
    }
    return {};
}

Result<void> Reader::read_sources(const JsonNode& list) {
    for (const auto* node = list.child; node != nullptr; node = node->next) {
        JsonObject object{*node, {"name", "ref", "licence", "fetched_at"}};
        Source source{
            .name = object.text("name"),
            .ref = object.text("ref"),
            .licence = object.text("licence"),
            .fetched_at = object.optional_text("fetched_at")};
        static_cast<void>(object.time("fetched_at"));
        if (object.error().empty() && !sources_.insert(source.name).second) {
            object.fail("name", "is listed twice");
        }
        if (!object.error().empty()) {
            return corrupt(at("sources", parts.sources.size()), object.error());
        }
        parts.sources.push_back(std::move(source));
    }
    return {};
}

Result<void> Reader::read_providers(const JsonNode& list) {
    for (const auto* node = list.child; node != nullptr; node = node->next) {
        const auto where = at("providers", parts.providers.size());
        JsonObject object{
            *node, {"id", "aliases", "match", "models", "fallback", "reference_model"}};
        Provider provider{
            .id = object.text("id"), .reference_model = object.optional_text("reference_model")};
        const auto* aliases = object.array("aliases");
        const auto* fallback = object.array("fallback");
        const auto* match = object.object("match");
        const auto* models = object.object("models");
        if (!object.error().empty()) {
            return corrupt(where, object.error());
        }
        auto names = read_names(aliases, where, "aliases");
        auto others = read_names(fallback, where, "fallback");
        auto rule = read_rule(match, where, "match");
        auto own = read_rule(models, where, "models");
        if (!names || !others) {
            return names ? others.error() : names.error();
        }
        if (!rule || !own) {
            return rule ? own.error() : rule.error();
        }
        provider.aliases = std::move(*names);
        provider.fallback = std::move(*others);
        provider.match = std::move(*rule);
        provider.models = std::move(*own);
        bool fresh = provider_names_.insert(0, provider.id, 0);
        for (const auto& alias : provider.aliases) {
            fresh = provider_names_.insert(0, alias, 0) && fresh;
        }
        if (!fresh) {
            return corrupt(where, "id: a name is listed twice");
        }
        parts.providers.push_back(std::move(provider));
    }
    return {};
}

Result<void> Reader::read_models(const JsonNode& list) {
    if (list.children > kModelsMax) {
        return corrupt("models: ", "more than " + std::to_string(kModelsMax));
    }
    parts.models.reserve(list.children);
    for (const auto* node = list.child; node != nullptr; node = node->next) {
        const auto where = at("models", parts.models.size());
        auto model = read_model(*node, where);
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
        parts.models.push_back(std::move(*model));
    }
    return {};
}

Result<Model> Reader::read_model(const JsonNode& value, const std::string& where) {
    JsonObject object{
        value,
        {"provider",
         "id",
         "mode",
         "aliases",
         "match",
         "listed_as",
         "context",
         "max_output",
         "prices"}};
    Model model;
    model.provider = object.text("provider");
    model.id = object.text("id");
    model.mode = object.text("mode");
    model.listed_as = object.optional_text("listed_as");
    model.context_tokens = object.number("context", 0, 1, kTokensMax);
    model.output_tokens_max = object.number("max_output", 0, 1, kTokensMax);
    const auto* aliases = object.array("aliases");
    const auto* match = object.object("match");
    const auto* prices = object.required_array("prices");
    if (prices != nullptr && prices->children > kPricesPerModelMax) {
        object.fail("prices", "more than " + std::to_string(kPricesPerModelMax));
    }
    if (!object.error().empty()) {
        return corrupt(where, object.error());
    }
    auto names = read_names(aliases, where, "aliases");
    if (!names) {
        return names.error();
    }
    auto rule = read_rule(match, where, "match");
    if (!rule) {
        return rule.error();
    }
    model.aliases = std::move(*names);
    model.match = std::move(*rule);
    model.prices.reserve(prices->children);
    for (const auto* node = prices->child; node != nullptr; node = node->next) {
        const auto place = where + at("prices", model.prices.size());
        auto price = read_price(*node, place);
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

Result<Price> Reader::read_price(const JsonNode& value, const std::string& where) {
    JsonObject object{
        value,
        {"class",
         "tier",
         "amount_pico",
         "per",
         "min_input",
         "inclusive",
         "graduated",
         "region",
         "deployment",
         "valid_from",
         "valid_to",
         "hours_utc",
         "source",
         "confidence"}};
    const auto price_class = parse_price_class(object.text("class"));
    const auto tier =
        object.has("tier") ? parse_service_tier(object.text("tier")) : ServiceTier::standard;
    const auto confidence =
        object.has("confidence") ? parse_confidence(object.text("confidence")) : Confidence::listed;
    Price price;
    price.amount_pico = object.number("amount_pico", std::nullopt, 0, kAmountPicoMax);
    price.per = object.number("per", price.per, 1, kPerMax);
    price.min_input = object.number("min_input", 0, 0, kTokensMax);
    price.min_input_inclusive = object.flag("inclusive", true);
    price.region = object.optional_text("region");
    price.deployment = object.optional_text("deployment");
    price.valid_from = object.time("valid_from");
    price.valid_to = object.time("valid_to");
    price.hours = object.hours("hours_utc");
    price.source = object.text("source");
    if (object.flag("graduated", false)) {
        object.fail("graduated", "is reserved; every step is for the whole request (min_input)");
    }
    if (!price_class) {
        object.fail("class", "unknown class");
    }
    if (!tier) {
        object.fail("tier", "must be standard, batch, flex, priority or scale");
    }
    if (!confidence) {
        object.fail("confidence", "must be listed, computed or assumed");
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
    price.confidence = *confidence;
    return price;
}

/// The digest is that of the document with zeros in the digest's own place.
bool is_digest_of(std::string_view text, std::string_view hex) {
    const auto at = text.substr(0, kDigestWithin).find(hex);
    if (hex.size() != kDigestHexSize || at == std::string_view::npos) {
        return false;
    }
    std::string blank{text};
    std::fill_n(blank.begin() + static_cast<std::ptrdiff_t>(at), hex.size(), '0');
    return to_hex(sha256(blank)) == hex;
}

}  // namespace

Result<std::shared_ptr<const Catalog>> Catalog::parse(std::string_view text) {
    const auto tree = detail::JsonTree::parse(text, kDocumentBytesMax);
    if (!tree) {
        return Error{tree.error().code(), "catalogue: " + tree.error().detail()};
    }
    Reader reader;
    if (auto done = reader.read(tree->root()); !done) {
        return done.error();
    }
    if (!reader.sha256_hex.empty() && !is_digest_of(text, reader.sha256_hex)) {
        return corrupt(
            "",
            "sha256: is not that of this file; it was changed after it was made (leave the key out "
            "of a file that is edited by hand)");
    }
    return make(std::move(reader.parts));
}

}  // namespace pulse::pricing
