#include "pricing/catalog/catalog.h"

#include "base/assert.h"
#include "pricing/catalog/detail/index.h"
#include "pricing/catalog/detail/resolve.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <iterator>
#include <span>
#include <utility>

namespace pulse::pricing {
namespace {

using detail::Index;
using detail::NameTable;

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
            add(price.region);
            add(price.deployment);
        }
    }
    std::array<char, 9> text{};
    std::snprintf(text.data(), text.size(), "%08x", static_cast<unsigned>(hash >> 32));
    return text.data();
}

}  // namespace

Catalog::Catalog()
    : Catalog(Parts{.version = "empty", .sources = {}, .providers = {}, .models = {}}) {}

Catalog::Catalog(Parts parts)
    : version_(std::move(parts.version)),
      models_(std::move(parts.models)),
      providers_(std::move(parts.providers)),
      sources_(std::move(parts.sources)),
      index_(std::make_shared<const Index>(models_, providers_)) {}

std::shared_ptr<const Catalog> Catalog::make(Parts parts) {
    for (const auto& model : parts.models) {
        PULSE_ASSERT(std::ranges::all_of(model.prices, in_bounds));
    }
    return std::shared_ptr<const Catalog>(new Catalog(std::move(parts)));
}

std::shared_ptr<const Catalog> Catalog::merged(const Catalog& base, std::vector<Model> over) {
    NameTable replaced;
    for (const auto& model : over) {
        replaced.insert(0, key_of(model), 0);
    }
    Parts parts{
        .version = over.empty() ? base.version_ : base.version_ + "+" + digest_of(over),
        .sources = base.sources_,
        .providers = base.providers_,
        .models = {}};
    parts.models.reserve(base.models_.size() + over.size());
    std::ranges::copy_if(
        base.models_, std::back_inserter(parts.models), [&replaced](const Model& old) {
            return !replaced.find(0, key_of(old));
        });
    std::ranges::move(over, std::back_inserter(parts.models));
    return make(std::move(parts));
}

std::shared_ptr<const Catalog> Catalog::overlaid(const Catalog& base, const Catalog& over) {
    const auto models = merged(base, over.models_);
    Parts parts{
        .version = models->version_,
        .sources = base.sources_,
        .providers = base.providers_,
        .models = models->models_};
    const auto put = [](auto& list, const auto& entry, auto name) {
        const auto same = std::ranges::find(list, std::invoke(name, entry), name);
        if (same == list.end()) {
            list.push_back(entry);
        } else {
            *same = entry;
        }
    };
    for (const auto& source : over.sources_) {
        put(parts.sources, source, &Source::name);
    }
    for (const auto& provider : over.providers_) {
        put(parts.providers, provider, &Provider::id);
    }
    return make(std::move(parts));
}

Found Catalog::find(
    std::string_view provider, std::string_view model, std::string_view region) const {
    const auto at = [this](std::uint32_t number) {
        return number == Index::kNone ? nullptr : &models_[number];
    };
    const auto part = index_->part_of(provider);
    if (part == Index::kNone) {
        return {.reference = at(index_->dearest)};
    }
    // The way of nearly every request: a listed name, and no region that could mean another.
    if (region.empty() && model.size() <= kModelNameBytesMax) {
        if (const auto listed = index_->names.find(part, model)) {
            return {.model = &models_[*listed], .match = Match::exact};
        }
    }
    const auto found = [&](const detail::Hit& hit) {
        return Found{
            .model = at(hit.model),
            .match = hit.match,
            .remark = hit.remark,
            .factor = hit.factor,
            .region = hit.region};
    };
    const auto& entry = index_->parts[part];
    const bool readable = model.size() <= kModelNameBytesMax && region.size() <= kModelNameBytesMax;
    if (readable) {
        if (const auto hit = detail::resolve(*index_, models_, {part, model, region})) {
            return found(*hit);
        }
    }
    if (entry.any != Index::kNone) {
        return {.model = at(entry.any), .match = Match::exact};
    }
    for (const auto other : std::span{entry.fallback}.first(readable ? entry.fallback.size() : 0)) {
        if (auto hit = detail::resolve(*index_, models_, {other, model, region})) {
            hit->match = Match::derived;
            hit->remark = hit->remark == Remark::none ? Remark::provider_fallback : hit->remark;
            return found(*hit);
        }
    }
    auto reference = readable ? index_->dearest_of_family(part, model) : Index::kNone;
    for (const auto other : {entry.reference, entry.dearest, index_->dearest}) {
        reference = reference == Index::kNone ? other : reference;
    }
    return {.reference = at(reference)};
}

std::string_view Catalog::provider_of(std::string_view model) const {
    if (model.size() > kModelNameBytesMax) {
        return {};
    }
    const auto owner = detail::resolve_owner(index_->owners, model);
    return owner && *owner != Index::kNone ? std::string_view{index_->parts[*owner].id}
                                           : std::string_view{};
}

}  // namespace pulse::pricing
