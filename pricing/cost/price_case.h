#pragma once

#include "base/error.h"
#include "pricing/catalog/catalog.h"
#include "pricing/catalog/price_override.h"
#include "pricing/cost/cost.h"

#include <string>
#include <string_view>
#include <vector>

namespace pulse::pricing {

/// A call to be priced as text states it (docs/formats/price_cases.md): one line of
/// `pulse prices cost`.
struct PriceCase {
    std::string id{};  ///< the caller's own, given back; may be empty
    std::string provider{};
    std::string model{};
    Usage usage{};
    std::vector<Quantity> extra{};
    ServiceTier tier = ServiceTier::standard;
    TimePoint at{};
    std::string region{};
    std::string deployment{};
    Factor discount{};             ///< what is left of the price
    std::string fallback_model{};  ///< the reference of an unknown model; empty: the catalogue's
    std::string org{};
    std::string team{};
    std::string key{};
};

/// Reads one JSON object. A case without `at` is of `now`. Members that say nothing about the price
/// are skipped (a case may carry what is expected of it); an unknown kind of usage is refused,
/// because it would be billed as nothing. Errors: corrupt_input "MEMBER: what is wrong".
[[nodiscard]] Result<PriceCase> parse_price_case(std::string_view json, TimePoint now);

struct PricedCase {
    Found found{};
    Cost cost{};
    Money ceil{};  ///< the sum of the lines, each rounded up
};
/// The case by the one cost function and the catalogue's own agreements. The result points into the
/// catalogue.
[[nodiscard]] PricedCase price(const Catalog& catalog, const PriceCase& wanted);

/// The result as one JSON object without a line break.
[[nodiscard]] std::string to_json(
    const Catalog& catalog, const PriceCase& wanted, const PricedCase& priced);

/// The exact sum of the lines before rounding: a decimal ("0.0013"), or a fraction in lowest terms
/// where there is none ("3599/90000").
[[nodiscard]] std::string exact_usd(const Cost& cost);

}  // namespace pulse::pricing
