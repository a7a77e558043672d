#pragma once

#include "pricing/catalog/decimal.h"
#include "pricing/catalog/price.h"

#include <array>
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

/// Whose call is priced, of which provider's model. Provider and model may have two names each, and
/// an override may use either. Views.
struct Subject {
    std::string_view org{};
    std::string_view team{};
    std::string_view key{};
    std::string_view provider{};
    std::string_view model{};
    std::string_view provider_alias{};
    std::string_view model_alias{};
};

/// Overrides by how much they say: the most specific one that holds counts, and only that one. Key
/// before team before organisation, then model, provider, class, tier; the later one of two equals.
/// Finding it takes as long as there are overrides of that key, team and organisation, however many
/// others have some. Immutable.
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
        for (const auto& owned : owned_by(subject)) {
            for (const auto& entry : owned) {
                if (applies(entry, subject, at)) {
                    visit(entry);
                }
            }
        }
    }

    [[nodiscard]] bool empty() const { return overrides_.empty(); }
    /// In an order that makes the same set again.
    [[nodiscard]] std::vector<PriceOverride> entries() const;

private:
    [[nodiscard]] static bool applies(
        const PriceOverride& entry, const Subject& subject, TimePoint at);
    /// Those of the subject's key, team and organisation, and of everybody: the most specific
    /// first.
    [[nodiscard]] std::array<std::span<const PriceOverride>, 4> owned_by(
        const Subject& subject) const;
    std::vector<PriceOverride> overrides_;  ///< by owner; of one owner the most specific first
};

}  // namespace pulse::pricing
