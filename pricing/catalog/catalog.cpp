#include "pricing/catalog/catalog.h"

#include "base/assert.h"
#include "pricing/catalog/detail/index.h"
#include "pricing/catalog/detail/model_name.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <utility>

namespace pulse::pricing {
namespace {

using detail::NameTable;

struct Hit {
    std::uint32_t value = 0;
    Match match = Match::exact;
};

/// A listed name, else the price row of a fine-tune's base, else the longest listed name in front
/// of a release.
std::optional<Hit> resolve(const NameTable& names, std::uint32_t space, std::string_view name) {
    if (const auto exact = names.find(space, name)) {
        return Hit{*exact, Match::exact};
    }
    if (const auto base = detail::fine_tune_base(name); !base.empty()) {
        if (const auto exact = names.find(space, base)) {
            return Hit{*exact, Match::exact};
        }
        name = base;
    }
    detail::ReleasePrefixes prefixes{name};
    while (const auto prefix = prefixes.next()) {
        if (const auto found = names.find(space, *prefix)) {
            return Hit{*found, Match::derived};
        }
    }
    return std::nullopt;
}

/// Provider and id as one name; no id holds a line break.
std::string key_of(const Model& model) {
    return model.provider + '\n' + model.id;
}

/// Eight hexadecimal digits that differ where the prices differ: FNV-1a, the same on every machine.
std::string digest_of(const std::vector<Model>& models) {
    std::uint64_t hash = 0xcbf29ce484222325;
    const auto add = [&hash](std::string_view text) {
        for (const char c : text) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        }
    };
    const auto add_number = [&add](std::int64_t number) {
        add(std::to_string(number) + ",");
    };
    for (const auto& model : models) {
        add(key_of(model));
        for (const auto& price : model.prices) {
            add_number(static_cast<std::int64_t>(price.price_class));
            add_number(static_cast<std::int64_t>(price.tier));
            add_number(price.amount_pico);
            add_number(price.per);
            add_number(price.min_input);
            add_number(price.min_input_inclusive ? 1 : 0);
            add_number(price.valid_from ? price.valid_from->time_since_epoch().count() : -1);
            add_number(price.valid_to ? price.valid_to->time_since_epoch().count() : -1);
            add_number(
                price.hours ? price.hours->from.count() * 10'000 + price.hours->to.count() : -1);
        }
    }
    std::array<char, 9> text{};
    std::snprintf(text.data(), text.size(), "%08x", static_cast<unsigned>(hash >> 32));
    return text.data();
}

}  // namespace

Catalog::Catalog() : Catalog("empty", {}, {}) {}

Catalog::Catalog(std::string version, std::vector<Model> models, std::vector<Provider> providers)
    : version_(std::move(version)),
      models_(std::move(models)),
      providers_(std::move(providers)),
      index_(std::make_shared<const Index>(models_, providers_)) {}

std::shared_ptr<const Catalog> Catalog::merged(const Catalog& base, std::vector<Model> over) {
    NameTable replaced;
    for (const auto& model : over) {
        PULSE_ASSERT(std::ranges::all_of(model.prices, in_bounds));
        replaced.insert(0, key_of(model), 0);
    }
    auto version = over.empty() ? base.version_ : base.version_ + "+" + digest_of(over);
    std::vector<Model> models;
    models.reserve(base.models_.size() + over.size());
    std::ranges::copy_if(base.models_, std::back_inserter(models), [&replaced](const Model& old) {
        return !replaced.find(0, key_of(old));
    });
    std::ranges::move(over, std::back_inserter(models));
    return std::shared_ptr<const Catalog>(
        new Catalog(std::move(version), std::move(models), base.providers_));
}

Found Catalog::find(std::string_view provider, std::string_view model) const {
    const auto at = [this](std::uint32_t number) {
        return number == Index::kNone ? nullptr : &models_[number];
    };
    const auto part = index_->part_of(provider);
    if (part == Index::kNone) {
        return {.reference = at(index_->dearest)};
    }
    const auto& entry = index_->parts[part];
    const bool readable = model.size() <= kModelNameBytesMax;
    if (const auto hit = readable ? resolve(index_->names, part, model) : std::nullopt) {
        return {.model = at(hit->value), .match = hit->match};
    }
    if (entry.any != Index::kNone) {
        return {.model = at(entry.any), .match = Match::exact};
    }
    auto reference = readable ? index_->dearest_of_family(part, model) : Index::kNone;
    if (reference == Index::kNone) {
        reference = entry.dearest != Index::kNone ? entry.dearest : index_->dearest;
    }
    return {.reference = at(reference)};
}

std::string_view Catalog::provider_of(std::string_view model) const {
    if (model.size() > kModelNameBytesMax) {
        return {};
    }
    const auto hit = resolve(index_->owners, 0, model);
    return hit && hit->value != Index::kNone ? std::string_view{index_->parts[hit->value].id}
                                             : std::string_view{};
}

}  // namespace pulse::pricing
