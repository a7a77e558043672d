#include "pricing/catalog/detail/folded_text.h"
#include "pricing/catalog/detail/json_object.h"
#include "pricing/catalog/detail/name_table.h"
#include "pricing/catalog/import/litellm_keys.h"
#include "pricing/catalog/import/litellm_model.h"
#include "pricing/catalog/import/provider_names.h"
#include "pricing/catalog/import/readers.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace pulse::pricing::detail {
namespace {

using Kind = JsonNode::Kind;

Error corrupt(const std::string& where, std::string_view what) {
    return Error{Errc::corrupt_input, where + ": " + std::string{what}};
}

class Reader {
public:
    explicit Reader(ImportReport& report) : report_(report) {}

    Result<Catalog::Parts> read(const JsonNode& root) {
        if (!root.is(Kind::object)) {
            return corrupt("litellm", "must be an object of models");
        }
        // A key with its provider in front counts before the same without it.
        for (const bool prefixed : {true, false}) {
            for (const auto* node = root.child; node != nullptr; node = node->next) {
                if (auto done = read_entry(*node, prefixed); !done) {
                    return done.error();
                }
            }
        }
        name_providers();
        return std::move(parts_);
    }

private:
    Result<void> read_entry(const JsonNode& node, bool prefixed) {
        if (!node.is(Kind::object)) {
            return corrupt(std::string{node.key.substr(0, 80)}, "must be an object");
        }
        const auto* listed = node.find("litellm_provider");
        if (node.key == "sample_spec" || listed == nullptr) {
            if (prefixed) {
                report_.notes.push_back(std::string{node.key.substr(0, 80)} + " is no model");
            }
            return {};
        }
        const auto& provider = canonical(listed->text);
        const auto id = without_provider(node.key, listed->text);
        if ((id.size() != node.key.size()) != prefixed) {
            return {};
        }
        if (id.empty() || id.size() > kModelNameBytesMax || provider.empty() ||
            provider.size() > kModelNameBytesMax) {
            return corrupt(std::string{node.key.substr(0, 80)}, "a name must have 1 to 256 bytes");
        }
        providers_.try_emplace(provider, Provider{.id = provider});
        auto model = read_litellm_model(node, provider + "/" + std::string{id}, report_);
        model.provider = provider;
        model.id = std::string{id};
        if (id.size() != node.key.size()) {
            model.listed_as = std::string{node.key};
        }
        add(std::move(model));
        return {};
    }

    /// Each provider by all its common names and by those that LiteLLM gives to its parts.
    void name_providers() {
        NameTable taken;
        for (const auto& [id, provider] : providers_) {
            taken.insert(0, id, 0);
        }
        for (auto& [id, provider] : providers_) {
            auto names = names_of_provider(id);
            for (const auto& [listed, owner] : canonical_) {
                if (owner == id) {
                    names.push_back(listed);
                }
            }
            for (auto& name : names) {
                if (name.size() <= kModelNameBytesMax && taken.insert(0, name, 0)) {
                    provider.aliases.push_back(std::move(name));
                }
            }
            parts_.providers.push_back(std::move(provider));
        }
    }

    const std::string& canonical(std::string_view listed) {
        const auto found = canonical_.find(listed);
        return found != canonical_.end()
                   ? found->second
                   : canonical_.emplace(listed, canonical_provider(listed)).first->second;
    }

    /// `gemini/gemini-2.5-pro` of provider gemini → `gemini-2.5-pro`.
    std::string_view without_provider(std::string_view key, std::string_view listed) {
        const auto slash = key.find('/');
        if (slash == std::string_view::npos || slash + 1 == key.size()) {
            return key;
        }
        const auto front = key.substr(0, slash);
        const bool is_provider = front == listed || canonical(front) == canonical(listed);
        return is_provider ? key.substr(slash + 1) : key;
    }

    void add(Model model) {
        const auto key = model.provider + '\n' + model.id;
        const auto number = static_cast<std::uint32_t>(parts_.models.size());
        if (ids_.insert(0, key, number)) {
            // "gemini/gemini-2.5-pro" is a name too, where it is nobody else's.
            if (!model.listed_as.empty() &&
                ids_.insert(0, model.provider + '\n' + model.listed_as, number)) {
                model.aliases.push_back(model.listed_as);
            }
            parts_.models.push_back(std::move(model));
            return;
        }
        join(parts_.models[*ids_.find(0, key)], model);
    }

    /// A second entry of the same name gives what the first lacks, if they agree in the rest.
    void join(Model& first, const Model& second) {
        const auto twin_of = [&first](const Price& price) -> const Price* {
            const auto twin = std::ranges::find_if(
                first.prices, [&price](const Price& other) { return same_terms(price, other); });
            return twin == first.prices.end() ? nullptr : &*twin;
        };
        const bool agree = std::ranges::all_of(second.prices, [&](const Price& price) {
            const auto* twin = twin_of(price);
            return twin == nullptr || same_rate(*twin, price);
        });
        std::vector<Price> missing;
        for (const auto& price : second.prices) {
            const auto* twin = twin_of(price);
            if (twin == nullptr && agree) {
                missing.push_back(price);
            } else if (
                price.confidence == Confidence::listed &&
                (twin == nullptr || !same_rate(*twin, price))) {
                --report_.exact;
                report_.left_out.push_back(
                    {.where = first.provider + "/" + first.id,
                     .what = std::string{to_string(price.price_class)},
                     .why = "listed twice; the entry " +
                            (first.listed_as.empty() ? first.id : first.listed_as) + " counts"});
            }
        }
        std::ranges::move(missing, std::back_inserter(first.prices));
    }

    ImportReport& report_;
    Catalog::Parts parts_;
    std::map<std::string, Provider> providers_;
    std::map<std::string, std::string, std::less<>> canonical_;
    NameTable ids_;
};

}  // namespace

Result<Catalog::Parts> read_litellm(const JsonNode& root, ImportReport& report) {
    return Reader{report}.read(root);
}

}  // namespace pulse::pricing::detail
