#include "pricing/catalog/detail/index.h"

#include "pricing/catalog/detail/model_name.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace pulse::pricing {
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
        } while (end_ < name_.size() && !detail::is_boundary(name_[end_]));
        return true;
    }

private:
    std::string_view name_;
    std::size_t end_ = 0;
};

}  // namespace

Catalog::Index::Index(const std::vector<Model>& models, const std::vector<Provider>& listed) {
    for (const auto& provider : listed) {
        const auto part = add_part(provider.id);
        for (const auto& alias : provider.aliases) {
            providers.insert(0, alias, part);
        }
    }
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
}

std::uint32_t Catalog::Index::add_part(const std::string& id) {
    const auto next = static_cast<std::uint32_t>(parts.size());
    if (!providers.insert(0, id, next)) {
        return *providers.find(0, id);
    }
    parts.push_back({.id = id});
    return next;
}

void Catalog::Index::add_names(const Model& model, std::uint32_t part, std::uint32_t number) {
    const auto add = [&](const std::string& name) {
        names.insert(part, name, number);
        if (!owners.insert(0, name, part) && owners.find(0, name) != part) {
            owners.replace(0, name, kNone);
        }
    };
    add(model.id);
    std::ranges::for_each(model.aliases, add);
}

void Catalog::Index::add_families(
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

std::uint32_t Catalog::Index::part_of(std::string_view provider) const {
    // Names of providers may come from callers too ("provider/model").
    return provider.size() <= kModelNameBytesMax ? providers.find(0, provider).value_or(kNone)
                                                 : kNone;
}

std::uint32_t Catalog::Index::dearest_of_family(std::uint32_t part, std::string_view name) const {
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

}  // namespace pulse::pricing
