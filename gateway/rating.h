#pragma once

#include "base/clock.h"
#include "base/usage.h"
#include "gateway/routing/routes.h"
#include "pricing/cost/cost.h"

#include <string_view>

namespace pulse::gateway {

/// Whose call it is: what agreed prices go by. Views.
struct Payer {
    std::string_view org;
    std::string_view team;
    std::string_view key;  ///< its id
};

/// Whom and what agreed prices are for: a provider by its own name or its kind, a model by the
/// catalogue's name or as it is addressed.
[[nodiscard]] pricing::Subject subject_of(
    const Payer& payer,
    const Provider& provider,
    const pricing::Found& found,
    std::string_view model);

/// What a provider billed, as far as its price depends on it. Borrows what it points to.
struct Billed {
    pricing::Found found;           ///< the price of `model`
    std::string_view model;         ///< as it was addressed at the provider
    std::string_view model_served;  ///< as the answer names it; empty: not said
    std::string_view tier;          ///< empty or an unknown word: standard
    std::string_view region = {};   ///< as pricing::priced_region() says; empty: wherever
    const Usage& usage;
    bool is_guess = false;  ///< the usage is not what the provider stated, or contradicts itself
    TimePoint at{};
    Payer payer{};
};

/// What that costs by these prices: those of the model that served where they are known, else of
/// the one that was addressed; at best `estimated` for a guess. One rule for the call itself and
/// for re-rating it later.
[[nodiscard]] pricing::CostTotal rate(
    const Routes& routes, const Provider& provider, const Billed& billed);

}  // namespace pulse::gateway
