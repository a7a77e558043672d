#include "pricing/catalog/detail/index.h"

#include "pricing/catalog/detail/folded_text.h"
#include "pricing/catalog/detail/model_name.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace pulse::pricing::detail {
namespace {

/// What orders models by dearness: the highest standard prices of plain input and output, as they
/// hold today, added. An old price that has ended counts only for models that have no other.
Int128 worth_of(const Model& model) {
    std::array<Int128, 2> open{};
    std::array<Int128, 2> ended{};
    for (const auto& price : model.prices) {
        const bool plain =
            price.price_class == PriceClass::input || price.price_class == PriceClass::output;
        if (plain && price.tier == ServiceTier::standard) {
            const std::size_t side = price.price_class == PriceClass::output ? 1 : 0;
            auto& slot = price.valid_to ? ended[side] : open[side];
            slot = std::max(slot, Int128{price.amount_pico} * (kPerMax / price.per));
        }
    }
    const auto sum = open[0] + open[1];
    return sum != 0 ? sum : ended[0] + ended[1];
}

/// The prefixes of a name that end in front of a boundary or at its end, shortest first.
class Families {
public:
    explicit Families(std::string_view name) : name_(name) {}
    [[nodiscard]] std::string_view family() const { return name_.substr(0, end_); }
    bool next() {
        if (end_ >= name_.size()) {
            return false;
        }
        do {
            ++end_;
        } while (end_ < name_.size() && !is_boundary(name_[end_]));
        return true;
    }

private:
    std::string_view name_;
    std::size_t end_ = 0;
};

/// Whose dearest model stands for a call to a provider that no catalogue knows. Aggregators' lists
/// hold slips of a factor of a million, which must not become everybody's estimate.
constexpr std::array<std::string_view, 3> kReferenceProviders{"openai", "anthropic", "gemini"};

/// A name in small letters on the stack: look-ups of unknown names come from callers.
class FoldedName {
public:
    explicit FoldedName(std::string_view name) : size_(std::min(name.size(), bytes_.size())) {
        std::ranges::transform(name.substr(0, size_), bytes_.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
        });
    }
    [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

private:
    std::array<char, kModelNameBytesMax> bytes_{};
    std::size_t size_;
};

}  // namespace

Index::Index(const std::vector<Model>& models, const std::vector<Provider>& listed) {
    std::ranges::for_each(listed, [this](const Provider& provider) { add_provider(provider); });
    std::vector<Int128> worth;
    worth.reserve(models.size());
    std::ranges::transform(models, std::back_inserter(worth), worth_of);
    const auto dearer = [&worth](std::uint32_t a, std::uint32_t b) {
        return b == kNone || worth[a] > worth[b];
    };
    // From the back: where two models have one name, the later one's file was named later and wins.
    for (auto number = static_cast<std::uint32_t>(models.size()); number-- > 0;) {
        const auto& model = models[number];
        const auto part = add_part(model.provider);
        if (model.prices.empty()) {
            continue;
        }
        if (model.id == "*") {
            parts[part].any = number;
            continue;
        }
        add_names(model, part, number);
        add_families(models, worth, part, number);
        if (dearer(number, parts[part].dearest)) {
            parts[part].dearest = number;
        }
        if (dearer(number, dearest)) {
            dearest = number;
        }
    }
    auto reference = kNone;
    for (const auto name : kReferenceProviders) {
        const auto part = providers.find(0, name);
        const auto model = part ? parts[*part].dearest : kNone;
        reference = model != kNone && dearer(model, reference) ? model : reference;
    }
    dearest = reference != kNone ? reference : dearest;
    for (auto& part : parts) {
        std::ranges::reverse(part.rules);
    }
    link_providers(listed);
}

std::uint32_t Index::add_part(const std::string& id) {
    const auto next = static_cast<std::uint32_t>(parts.size());
    if (!providers.insert(0, id, next)) {
        return *providers.find(0, id);
    }
    parts.push_back({.id = id, .style = &name_style_of(id)});
    return next;
}

void Index::add_provider(const Provider& provider) {
    const auto part = add_part(provider.id);
    parts[part].own = provider.models;
    for (const auto& alias : provider.aliases) {
        providers.insert(0, alias, part);
    }
    if (provider.match) {
        provider_rules_.push_back({provider.match, part});
    }
}

void Index::link_providers(const std::vector<Provider>& listed) {
    for (const auto& provider : listed) {
        auto& part = parts[*providers.find(0, provider.id)];
        for (const auto& name : provider.fallback) {
            if (const auto other = providers.find(0, name)) {
                part.fallback.push_back(*other);
            }
        }
        if (!provider.reference_model.empty()) {
            part.reference = names.find(*providers.find(0, provider.id), provider.reference_model)
                                 .value_or(kNone);
        }
    }
}

void Index::add_names(const Model& model, std::uint32_t part, std::uint32_t number) {
    const auto add = [&](const std::string& name) {
        names.insert(part, name, number);
        add_owner(name, part);
    };
    add(model.id);
    std::ranges::for_each(model.aliases, add);
    if (model.match) {
        parts[part].rules.push_back({model.match, number});
    }
}

void Index::add_owner(const std::string& name, std::uint32_t part) {
    if (owners.insert(0, name, part)) {
        return;
    }
    const auto other = *owners.find(0, name);
    if (other == part) {
        return;
    }
    const auto is_own = [&](std::uint32_t claimant) {
        return claimant != kNone && parts[claimant].own != nullptr &&
               parts[claimant].own->matches(name, FoldedName{name}.view());
    };
    const bool mine = is_own(part);
    if (mine != is_own(other)) {
        owners.replace(0, name, mine ? part : other);
    } else {
        owners.replace(0, name, kNone);
    }
}

void Index::add_families(
    const std::vector<Model>& models,
    const std::vector<Int128>& worth,
    std::uint32_t part,
    std::uint32_t number) {
    Families prefixes{models[number].id};
    while (prefixes.next()) {
        const auto family = prefixes.family();
        if (!families.insert(part, family, number) &&
            worth[number] > worth[*families.find(part, family)]) {
            families.replace(part, family, number);
        }
    }
}

std::uint32_t Index::part_of(std::string_view provider) const {
    // Names of providers may come from callers too ("provider/model").
    if (provider.size() > kModelNameBytesMax) {
        return kNone;
    }
    if (const auto part = providers.find(0, provider)) {
        return *part;
    }
    const FoldedName folded{provider};
    const auto rule = std::ranges::find_if(provider_rules_, [&](const ProviderRule& entry) {
        return entry.rule->matches(provider, folded.view());
    });
    return rule == provider_rules_.end() ? kNone : rule->part;
}

std::optional<std::uint32_t> Index::listed(std::uint32_t part, std::string_view name) const {
    if (const auto stated = names.find(part, name)) {
        return stated;
    }
    const auto& rules = parts[part].rules;
    if (rules.empty()) {
        return std::nullopt;
    }
    const FoldedName folded{name};
    const auto rule = std::ranges::find_if(
        rules, [&](const OpenRule& entry) { return entry.rule->matches(name, folded.view()); });
    return rule == rules.end() ? std::nullopt : std::optional{rule->model};
}

std::uint32_t Index::dearest_of_family(std::uint32_t part, std::string_view name) const {
    auto found = kNone;
    Families prefixes{name};
    while (prefixes.next()) {
        const auto model = families.find(part, prefixes.family());
        if (!model) {
            break;  // every prefix of a listed family is listed
        }
        found = *model;
    }
    return found;
}

}  // namespace pulse::pricing::detail
