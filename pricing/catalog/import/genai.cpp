#include "pricing/catalog/detail/folded_text.h"
#include "pricing/catalog/detail/json_object.h"
#include "pricing/catalog/detail/name_table.h"
#include "pricing/catalog/import/genai_prices.h"
#include "pricing/catalog/import/provider_names.h"
#include "pricing/catalog/import/readers.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pulse::pricing::detail {
namespace {

using Kind = JsonNode::Kind;

constexpr std::int64_t kTokensMax = 1'000'000'000;

Error corrupt(const std::string& where, std::string_view what) {
    return Error{Errc::corrupt_input, where + ": " + std::string{what}};
}

/// Whether upstream says of a price that it is another provider's.
bool is_copied(const JsonNode& model) {
    const auto* comments = model.find("price_comments");
    return comments != nullptr &&
           (comments->text.find("from OpenRouter") != std::string_view::npos ||
            comments->text.find("on OpenRouter") != std::string_view::npos);
}

/// Gives each stated name of a provider to the first model whose rule takes it, as upstream's own
/// engine does.
class NameSettler {
public:
    void add(Model& model, const MatchRule& rule) {
        const auto stated = stated_names(rule);
        for (const auto& name : stated.names) {
            const bool is_taken = std::ranges::any_of(
                rules_, [&](const auto& earlier) { return earlier->matches(name, name); });
            if (!is_taken && names_.insert(0, name, 0) && name != folded(model.id)) {
                model.aliases.push_back(name);
            }
        }
        if (stated.open) {
            rules_.push_back(stated.open);
            model.match = stated.open;
        }
    }

    /// A name that another model has got is no id of this one.
    [[nodiscard]] bool take_id(const std::string& id) { return ids_.insert(0, id, 0); }

    /// Aliases that are another model's id stay with the id.
    void finish(std::vector<Model>::iterator first, std::vector<Model>::iterator last) {
        for (auto model = first; model != last; ++model) {
            std::erase_if(
                model->aliases, [this](const std::string& alias) { return ids_.find(0, alias); });
        }
    }

private:
    NameTable names_;
    NameTable ids_;
    std::vector<std::shared_ptr<const MatchRule>> rules_;
};

Result<std::shared_ptr<const MatchRule>> rule_of(const JsonNode* node, const std::string& where) {
    if (node == nullptr || node->is(Kind::null)) {
        return std::shared_ptr<const MatchRule>{};
    }
    auto rule = MatchRule::parse(*node);
    if (!rule) {
        return corrupt(where, rule.error().detail());
    }
    return std::make_shared<const MatchRule>(std::move(*rule));
}

class Reader {
public:
    explicit Reader(ImportReport& report) : report_(report) {}

    Result<Catalog::Parts> read(const JsonNode& root) {
        if (!root.is(Kind::array)) {
            return corrupt("genai", "must be an array of providers");
        }
        for (const auto* node = root.child; node != nullptr; node = node->next) {
            if (auto done = read_provider(*node); !done) {
                return done.error();
            }
        }
        return std::move(parts_);
    }

private:
    Result<void> read_provider(const JsonNode& node) {
        const auto* id = node.find("id");
        const auto name = id == nullptr ? std::string_view{} : plain_text(*id);
        const auto* models = node.find("models");
        if (name.empty() || models == nullptr || !models->is(Kind::array)) {
            return corrupt(
                "providers[" + std::to_string(parts_.providers.size()) + "]",
                "must have an id and models");
        }
        const std::string where{name};
        auto match = rule_of(node.find("provider_match"), where + ".provider_match");
        auto own = rule_of(node.find("model_match"), where + ".model_match");
        if (!match || !own) {
            return match ? own.error() : match.error();
        }
        Provider provider{.id = canonical_provider(name), .match = *match, .models = *own};
        if (!provider_names_.insert(0, provider.id, 0)) {
            return corrupt(where, "is listed twice");
        }
        for (auto& other : names_of_provider(provider.id)) {
            if (provider_names_.insert(0, other, 0)) {
                provider.aliases.push_back(std::move(other));
            }
        }
        if (const auto* others = node.find("fallback_model_providers")) {
            for (const auto* other = others->child; other != nullptr; other = other->next) {
                provider.fallback.push_back(canonical_provider(other->text));
            }
        }
        auto done = read_models(*models, provider.id);
        parts_.providers.push_back(std::move(provider));
        return done;
    }

    Result<void> read_models(const JsonNode& list, const std::string& provider) {
        const auto first = parts_.models.size();
        NameSettler names;
        for (const auto* node = list.child; node != nullptr; node = node->next) {
            auto model = read_model(*node, provider, names);
            if (!model) {
                return model.error();
            }
            if (!names.take_id(model->id)) {
                report_.notes.push_back(
                    provider + "/" + model->id + " is listed twice; the first counts");
                continue;
            }
            parts_.models.push_back(std::move(*model));
        }
        names.finish(
            parts_.models.begin() + static_cast<std::ptrdiff_t>(first), parts_.models.end());
        return {};
    }

    Result<Model> read_model(
        const JsonNode& node, const std::string& provider, NameSettler& names) {
        const auto* id = node.find("id");
        const auto* match = node.find("match");
        const auto* prices = node.find("prices");
        const auto name = id == nullptr ? std::string_view{} : plain_text(*id);
        if (name.empty() || match == nullptr || prices == nullptr) {
            return corrupt(
                provider + "/" + std::string{name}, "must have an id, a match and prices");
        }
        const auto where = provider + "/" + std::string{name};
        const auto rule = MatchRule::parse(*match);
        if (!rule) {
            return corrupt(where + ".match", rule.error().detail());
        }
        auto rows = read_genai_prices(*prices, where, report_);
        if (!rows) {
            return rows.error();
        }
        Model model{
            .provider = provider,
            .id = std::string{name},
            .mode = std::string{mode_by_name(name)},
            .prices = std::move(*rows)};
        names.add(model, *rule);
        if (is_copied(node)) {
            for (auto& price : model.prices) {
                price.confidence = Confidence::assumed;
            }
        }
        if (model.prices.empty() && name.ends_with(":free")) {
            for (const auto price_class : {PriceClass::input, PriceClass::output}) {
                model.prices.push_back(
                    {.price_class = price_class,
                     .source = "genai",
                     .confidence = Confidence::computed});
            }
        }
        const auto* context = node.find("context_window");
        const auto tokens = context == nullptr ? std::nullopt : parse_whole(context->text);
        model.context_tokens = tokens && *tokens <= kTokensMax ? *tokens : 0;
        return model;
    }

    ImportReport& report_;
    Catalog::Parts parts_;
    NameTable provider_names_;
};

}  // namespace

Result<Catalog::Parts> read_genai(const JsonNode& root, ImportReport& report) {
    return Reader{report}.read(root);
}

}  // namespace pulse::pricing::detail
