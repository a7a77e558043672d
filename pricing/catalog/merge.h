#pragma once

#include "pricing/catalog/catalog.h"
#include "pricing/catalog/compare.h"

#include <memory>
#include <string>
#include <vector>

namespace pulse::pricing {

/// Two catalogues as one, model by model (docs/formats/catalogue.md, "Merging"): `preferred`'s
/// prices count, with their dates and hours. From `filling`: limits, and classes, tiers, sizes and
/// regions that `preferred` lacks, but only where both agree on plain input and output on `day`,
/// and only for as long as the price that they stand beside holds; and the models that `preferred`
/// has not. Rules become the names that they state, an assumed price gives way to a listed one, and
/// a price of 0 stays only where something is really free. Prices never go from one provider to
/// another. Pure.
struct Merged {
    std::shared_ptr<const Catalog> catalog;
    std::vector<std::string> conflicts;  ///< where preferred counted against filling
};
[[nodiscard]] Merged merge_catalogs(
    const Catalog& preferred, const Catalog& filling, TimePoint day);

/// `fresh` with what only `before` knows, so that old calls keep their price: models that are gone
/// stay as they were, and a price that changed without a date holds until `day`, the new one from
/// then on.
[[nodiscard]] std::shared_ptr<const Catalog> with_history(
    const Catalog& fresh, const Catalog& before, TimePoint day);

}  // namespace pulse::pricing
