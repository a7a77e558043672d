#include "pricing/catalog/price_override.h"

#include <algorithm>

namespace pulse::pricing {
namespace {

int specificity(const PriceOverride& entry) {
    const auto said = [](bool is, int weight) {
        return is ? weight : 0;
    };
    return said(!entry.key.empty(), 64) + said(!entry.team.empty(), 32) +
           said(!entry.org.empty(), 16) + said(!entry.model.empty(), 8) +
           said(!entry.provider.empty(), 4) + said(entry.price_class.has_value(), 2) +
           said(entry.tier.has_value(), 1);
}

}  // namespace

OverrideSet::OverrideSet(std::vector<PriceOverride> overrides) : overrides_(std::move(overrides)) {
    std::ranges::reverse(overrides_);
    std::ranges::stable_sort(overrides_, std::ranges::greater{}, specificity);
}

bool OverrideSet::applies(const PriceOverride& entry, const Subject& subject, TimePoint at) {
    const auto matches = [](const std::string& wanted, std::string_view is) {
        return wanted.empty() || wanted == is;
    };
    return matches(entry.key, subject.key) && matches(entry.team, subject.team) &&
           matches(entry.org, subject.org) && matches(entry.provider, subject.provider) &&
           matches(entry.model, subject.model) && (!entry.valid_from || *entry.valid_from <= at) &&
           (!entry.valid_to || at < *entry.valid_to);
}

const PriceOverride* OverrideSet::pick(
    const Subject& subject, PriceClass price_class, ServiceTier tier, TimePoint at) const {
    const auto found = std::ranges::find_if(overrides_, [&](const PriceOverride& entry) {
        return (!entry.price_class || *entry.price_class == price_class) &&
               (!entry.tier || *entry.tier == tier) && applies(entry, subject, at);
    });
    return found == overrides_.end() ? nullptr : &*found;
}

}  // namespace pulse::pricing
