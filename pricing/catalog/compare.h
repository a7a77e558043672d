#pragma once

#include "pricing/catalog/catalog.h"
#include "pricing/catalog/import/report.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pulse::pricing {

/// A plain price of a model: standard tier, no size, no region, no hours. Null when it has none at
/// that time.
[[nodiscard]] const Price* plain_price(const Model& model, PriceClass price_class, TimePoint at);

/// A model on which two catalogues state another plain price. Points into them.
struct Disagreement {
    const Model* model = nullptr;  ///< of the first one
    const Price* mine = nullptr;
    const Price* theirs = nullptr;
};
/// Models that both list by the same id, whose plain input or output prices differ by more than
/// 1 %.
[[nodiscard]] std::vector<Disagreement> disagreements(
    const Catalog& mine, const Catalog& theirs, TimePoint at);

/// For reports: USD for a million units, "2.5".
[[nodiscard]] std::string usd_per_million(const Price& price);

/// What a new version must keep to before it goes live. Source: design, pricing study §2.
struct GuardRules {
    std::int64_t ids_kept_percent = 95;
    std::int64_t factor_max =
        10;  ///< per-token taken for per-million is 10⁶, cents for dollars 100
    bool jumps_acknowledged = false;
};
struct GuardVerdict {
    std::size_t ids_before = 0;
    std::size_t ids_kept = 0;
    std::vector<std::string> missing;  ///< "provider/id", the first kShownMax
    std::vector<Disagreement> jumps;   ///< by more than the factor, up or down; mine is the old one
    std::vector<std::string> reasons;  ///< why it must not go live; empty: it may
    [[nodiscard]] bool passes() const { return reasons.empty(); }

    static constexpr std::size_t kShownMax = 50;
};
/// A file without a price, or with one that no price can be, must not go live, whatever is
/// acknowledged.
void guard_report(const ImportReport& report, GuardVerdict& verdict);
[[nodiscard]] GuardVerdict guard(
    const Catalog& before, const Catalog& after, TimePoint at, const GuardRules& rules = {});

}  // namespace pulse::pricing
