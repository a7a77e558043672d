#include "pricing/catalog/catalog.h"

#include "base/assert.h"
#include "pricing/catalog/detail/index.h"
#include "pricing/catalog/detail/resolve.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <iterator>
#include <optional>
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

/// FNV-1a over what prices are made of: the same on every machine.
class Digest {
public:
    void add(std::string_view text) {
        for (const char c : text) {
            hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
        }
        hash_ = (hash_ ^ 0xffU) * 0x100000001b3;  // in no text: "ab", "c" is not "a", "bc"
    }
    void add(std::int64_t number) { add(std::to_string(number)); }
    void add(const std::optional<TimePoint>& time) {
        add(time ? time->time_since_epoch().count() : -1);
    }
    void add(const Model& model) {
        add(key_of(model));
        for (const auto& price : model.prices) {
            add(static_cast<std::int64_t>(price.price_class));
            add(static_cast<std::int64_t>(price.tier));
            add(price.amount_pico);
            add(price.per);
            add(price.min_input);
            add(std::int64_t{price.min_input_inclusive});
            add(price.valid_from);
            add(price.valid_to);
            add(price.hours ? price.hours->from.count() * 10'000 + price.hours->to.count()
                            : std::int64_t{-1});
            add(price.region);
            add(price.deployment);
        }
    }
    void add(const PriceOverride& entry) {
        for (const std::string* name :
             {&entry.org, &entry.team, &entry.key, &entry.provider, &entry.model}) {
            add(*name);
        }
        add(entry.price_class ? static_cast<std::int64_t>(*entry.price_class) : -1);
        add(entry.tier ? static_cast<std::int64_t>(*entry.tier) : -1);
        add(entry.factor.numerator);
        add(entry.factor.denominator);
        add(entry.amount ? entry.amount->amount_pico : std::int64_t{-1});
        add(entry.amount ? entry.amount->per : std::int64_t{-1});
        add(entry.valid_from);
        add(entry.valid_to);
    }
    /// "+" and eight hexadecimal digits.
    [[nodiscard]] std::string suffix() const {
        std::array<char, 10> text{};
        std::snprintf(text.data(), text.size(), "+%08x", static_cast<unsigned>(hash_ >> 32));
        return text.data();
    }

private:
    std::uint64_t hash_ = 0xcbf29ce484222325;
};

/// What a version with `parts` over it is called by; nothing where nothing is over it.
template <class Entry>
std::string suffix_of(const std::vector<Entry>& parts) {
    Digest digest;
    for (const auto& part : parts) {
        digest.add(part);
    }
    return parts.empty() ? std::string{} : digest.suffix();
}

}  // namespace

Catalog::Catalog()
    : Catalog(Parts{.version = "empty", .sources = {}, .providers = {}, .models = {}}) {}

Catalog::Catalog(Parts parts)
    : version_(std::move(parts.version)),
      models_(std::move(parts.models)),
      providers_(std::move(parts.providers)),
      sources_(std::move(parts.sources)),
      overrides_(std::move(parts.overrides)),
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
        .version = base.version_ + suffix_of(over),
        .sources = base.sources_,
        .providers = base.providers_,
        .models = {},
        .overrides = base.overrides_.entries()};
    parts.models.reserve(base.models_.size() + over.size());
    std::ranges::copy_if(
        base.models_, std::back_inserter(parts.models), [&replaced](const Model& old) {
            return !replaced.find(0, key_of(old));
        });
    std::ranges::move(over, std::back_inserter(parts.models));
    return make(std::move(parts));
}

std::shared_ptr<const Catalog> Catalog::overlaid(const Catalog& base, const Catalog& over) {
    std::vector<Model> priced;
    std::ranges::copy_if(over.models_, std::back_inserter(priced), [](const Model& model) {
        return !model.prices.empty();  // it would hide a model that has some
    });
    const auto models = merged(base, std::move(priced));
    const auto agreed = over.overrides_.entries();
    Parts parts{
        .version = models->version_ + suffix_of(agreed),
        .sources = base.sources_,
        .providers = base.providers_,
        .models = models->models_,
        .overrides = base.overrides_.entries()};
    std::ranges::copy(agreed, std::back_inserter(parts.overrides));
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
