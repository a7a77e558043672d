#pragma once

#include "pricing/catalog/decimal.h"
#include "pricing/catalog/price.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulse::pricing {

/// What an organisation, a team or a key agreed on: a multiplier of the list price ("85/100"), or a
/// price in its place. An empty field means all. Names are compared as they are written.
struct PriceOverride {
    std::string org{};
    std::string team{};
    std::string key{};
    std::string provider{};
    std::string model{};
    std::optional<PriceClass> price_class{};  ///< of the quantity that is billed
    std::optional<ServiceTier> tier{};
    Factor factor{};
    std::optional<Amount> amount{};  ///< instead of the list price
    std::optional<TimePoint> valid_from{};
    std::optional<TimePoint> valid_to{};
};

/// Whose call is priced, of which provider's model. Views.
struct Subject {
    std::string_view org{};
    std::string_view team{};
    std::string_view key{};
    std::string_view provider{};
    std::string_view model{};
};

/// Overrides by how much they say: the most specific one that holds counts, and only that one. Key
/// before team before organisation, then model, provider, class, tier; the later one of two equals.
/// Immutable.
class OverrideSet {
public:
    OverrideSet() = default;
    explicit OverrideSet(std::vector<PriceOverride> overrides);

    /// Null when none holds.
    [[nodiscard]] const PriceOverride* pick(
        const Subject& subject, PriceClass price_class, ServiceTier tier, TimePoint at) const;

    /// Every override that could hold for the subject at that time, for an upper bound.
    template <class Visit>
    void for_each(const Subject& subject, TimePoint at, Visit&& visit) const {
        for (const auto& entry : overrides_) {
            if (applies(entry, subject, at)) {
                visit(entry);
            }
        }
    }

    [[nodiscard]] bool empty() const { return overrides_.empty(); }
    [[nodiscard]] std::span<const PriceOverride> entries() const { return overrides_; }

private:
    [[nodiscard]] static bool applies(
        const PriceOverride& entry, const Subject& subject, TimePoint at);
    std::vector<PriceOverride> overrides_;  ///< most specific first
};

}  // namespace pulse::pricing
