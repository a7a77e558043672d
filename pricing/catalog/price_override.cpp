#include "pricing/catalog/price_override.h"

#include <algorithm>
#include <cstddef>

namespace pulse::pricing {
namespace {

/// Whose an override is, the narrowest owner first: what only a key's override can match is never
/// outweighed by all that one without a key can say.
enum class Owner : std::uint8_t { key, team, org, everybody };

struct OwnerName {
    Owner kind = Owner::everybody;
    std::string_view name;
    friend bool operator==(const OwnerName&, const OwnerName&) = default;
};

bool goes_before(const OwnerName& a, const OwnerName& b) {
    return a.kind != b.kind ? a.kind < b.kind : a.name.compare(b.name) < 0;
}

OwnerName owner_of(const PriceOverride& entry) {
    if (!entry.key.empty()) {
        return {Owner::key, entry.key};
    }
    if (!entry.team.empty()) {
        return {Owner::team, entry.team};
    }
    return entry.org.empty() ? OwnerName{} : OwnerName{Owner::org, entry.org};
}

/// How much it says beside its owner.
int specificity(const PriceOverride& entry) {
    const auto said = [](bool is, int weight) {
        return is ? weight : 0;
    };
    return said(!entry.team.empty(), 32) + said(!entry.org.empty(), 16) +
           said(!entry.model.empty(), 8) + said(!entry.provider.empty(), 4) +
           said(entry.price_class.has_value(), 2) + said(entry.tier.has_value(), 1);
}

bool is_before(const PriceOverride& a, const PriceOverride& b) {
    const auto first = owner_of(a);
    const auto second = owner_of(b);
    return first == second ? specificity(a) > specificity(b) : goes_before(first, second);
}

}  // namespace

OverrideSet::OverrideSet(std::vector<PriceOverride> overrides) : overrides_(std::move(overrides)) {
    std::ranges::reverse(overrides_);
    std::ranges::stable_sort(overrides_, is_before);
}

std::vector<PriceOverride> OverrideSet::entries() const {
    return {overrides_.rbegin(), overrides_.rend()};
}

std::array<std::span<const PriceOverride>, 4> OverrideSet::owned_by(const Subject& subject) const {
    const auto of = [this](Owner kind, std::string_view name) {
        const std::span<const PriceOverride> all{overrides_};
        if (all.empty() || (name.empty() && kind != Owner::everybody)) {
            return all.first(0);
        }
        const OwnerName owner{kind, name};
        const auto begin = std::ranges::lower_bound(overrides_, owner, goes_before, owner_of);
        const auto end = std::ranges::upper_bound(overrides_, owner, goes_before, owner_of);
        return all.subspan(
            static_cast<std::size_t>(begin - overrides_.begin()),
            static_cast<std::size_t>(end - begin));
    };
    return {
        of(Owner::key, subject.key),
        of(Owner::team, subject.team),
        of(Owner::org, subject.org),
        of(Owner::everybody, {})};
}

bool OverrideSet::applies(const PriceOverride& entry, const Subject& subject, TimePoint at) {
    const auto matches =
        [](const std::string& wanted, std::string_view is, std::string_view or_is) {
            return wanted.empty() || wanted == is || wanted == or_is;
        };
    return matches(entry.key, subject.key, {}) && matches(entry.team, subject.team, {}) &&
           matches(entry.org, subject.org, {}) &&
           matches(entry.provider, subject.provider, subject.provider_alias) &&
           matches(entry.model, subject.model, subject.model_alias) &&
           (!entry.valid_from || *entry.valid_from <= at) &&
           (!entry.valid_to || at < *entry.valid_to);
}

const PriceOverride* OverrideSet::pick(
    const Subject& subject, PriceClass price_class, ServiceTier tier, TimePoint at) const {
    for (const auto& owned : owned_by(subject)) {
        const auto found = std::ranges::find_if(owned, [&](const PriceOverride& entry) {
            return (!entry.price_class || *entry.price_class == price_class) &&
                   (!entry.tier || *entry.tier == tier) && applies(entry, subject, at);
        });
        if (found != owned.end()) {
            return &*found;
        }
    }
    return nullptr;
}

}  // namespace pulse::pricing
