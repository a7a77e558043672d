#pragma once

#include "pricing/catalog/catalog.h"

#include <optional>
#include <vector>

namespace pulse::pricing::detail {

/// Same price per unit.
[[nodiscard]] bool is_same_rate(const Price& a, const Price& b);
/// Same price for the same thing at the same time.
[[nodiscard]] bool is_same_row(const Price& a, const Price& b);
/// By class, tier, place, date, hours and size; equal rows once.
void sort_rows(std::vector<Price>& prices);

/// What filled-in prices stand beside: what the base has, and how long its plain price holds.
struct BaseTerms {
    std::optional<TimePoint> valid_from{};
    std::optional<TimePoint> valid_to{};
    bool has_steps = false;
    std::vector<PriceClass> classes{};
};
[[nodiscard]] BaseTerms terms_of(const Model& base, TimePoint day);

/// Adds to `prices` what `other` has and they lack. Sizes that differ by one token ("272,000 and
/// more", "above 272,000") take those of `prices`.
void fill(std::vector<Price>& prices, const Model& other, const BaseTerms& terms);

/// Puts into `prices` the rows of `old` that changed, ended at `day`; the new ones begin there.
/// Where upstream states dates itself, nothing is added.
void keep_ended(std::vector<Price>& prices, const std::vector<Price>& old, TimePoint day);

}  // namespace pulse::pricing::detail
