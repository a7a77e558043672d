#include "base/money.h"
#include "pricing/cost/cost.h"
#include "pricing/cost/detail/rates.h"
#include "pricing/cost/detail/usage_leaves.h"

#include <algorithm>
#include <array>

namespace pulse::pricing {
namespace {

/// What a price's quantity is bounded by.
enum class Side : std::uint8_t { input, output, request, unbounded };

constexpr Side side_of(PriceClass price_class) {
    switch (price_class) {
        case PriceClass::input:
        case PriceClass::cache_read:
        case PriceClass::cache_write_5m:
        case PriceClass::cache_write_1h:
        case PriceClass::cache_write_audio:
        case PriceClass::input_audio:
        case PriceClass::cache_read_audio:
        case PriceClass::cache_read_image:
        case PriceClass::input_image:
        case PriceClass::input_video:
            return Side::input;
        case PriceClass::output:
        case PriceClass::output_reasoning:
        case PriceClass::output_audio:
        case PriceClass::output_image:
        case PriceClass::output_video:
            return Side::output;
        case PriceClass::request:
            return Side::request;
        default:
            return Side::unbounded;
    }
}

struct Dearest {
    std::int64_t amount_pico = 0;
    std::int64_t per = 1;
    bool is_set = false;

    void raise_to(std::int64_t amount, std::int64_t units) {
        if (!is_set || Int128{amount} * per > Int128{amount_pico} * units) {
            *this = {amount, units, true};
        }
    }
};
using Sides = std::array<Dearest, 4>;

/// Each line of a cost is rounded up by half a unit at most, so a sum of lines may be above the
/// exact product.
constexpr std::int64_t kRoundingSlackPico = (kPriceClasses + 1) / 2;

/// All classes of a side at once, each of which usage cuts at kQuantityMax.
constexpr Int128 kQuantityMax = Int128{detail::UsageLeaves::kQuantityMax} * 16;

std::int64_t bounded(Int128 quantity) {
    return static_cast<std::int64_t>(std::clamp<Int128>(quantity, 0, kQuantityMax));
}

/// Of the factors that may count, the largest that is not below 1.
Factor larger(const Factor& a, const Factor& b) {
    return Int128{a.numerator} * b.denominator >= Int128{b.numerator} * a.denominator ? a : b;
}

/// What agreements could make dearer.
struct Agreed {
    Factor factor{};
    bool is_any = false;
};

/// Every agreement that could hold does.
Agreed add_overrides(const Ceiling& ceiling, Sides& sides) {
    Agreed agreed;
    if (ceiling.overrides == nullptr) {
        return agreed;
    }
    ceiling.overrides->for_each(ceiling.subject, ceiling.at, [&](const PriceOverride& entry) {
        agreed.is_any = true;
        agreed.factor = larger(entry.factor, agreed.factor);
        if (!entry.amount) {
            return;
        }
        for (std::size_t side = 0; side < sides.size(); ++side) {
            const bool concerns =
                !entry.price_class || static_cast<std::size_t>(side_of(*entry.price_class)) == side;
            if (concerns) {
                sides[side].raise_to(entry.amount->amount_pico, entry.amount->per);
            }
        }
    });
    return agreed;
}

}  // namespace

Money ceiling_of(const Ceiling& ceiling) {
    const bool unknown = ceiling.found.model == nullptr;
    const auto* model = unknown ? ceiling.found.reference : ceiling.found.model;
    if (model == nullptr) {
        return {};
    }
    Sides sides{};
    const auto agreed = add_overrides(ceiling, sides);
    auto factor = ceiling.found.factor * agreed.factor;
    if (unknown) {
        factor = factor * detail::kUnknownModel;
    }
    if (std::ranges::any_of(sides, &Dearest::is_set)) {
        factor =
            larger(factor, agreed.factor);  // an agreed amount is not multiplied with the model's
    }
    const detail::RateAsk ask{
        .at = ceiling.at,
        .region = ceiling.region.empty() ? ceiling.found.region : ceiling.region,
        .deployment = ceiling.deployment};
    bool rounded = agreed.is_any;
    for (const auto& price : model->prices) {
        // A provider may serve a cheaper or dearer tier at the standard price, so that one always
        // counts.
        const bool may_be_served =
            price.tier == ServiceTier::standard || price.tier == ceiling.tier;
        if (!may_be_served ||
            detail::threshold_of(price) > std::max<std::int64_t>(ceiling.input_tokens_max, 0) ||
            !detail::holds(price, ask)) {
            continue;
        }
        sides[static_cast<std::size_t>(side_of(price.price_class))].raise_to(
            price.amount_pico, price.per);
        // 2 for half of a standard price
        rounded = rounded || Int128{price.amount_pico} * factor.numerator %
                                     (Int128{price.per} * factor.denominator * 2) !=
                                 0;
    }
    const std::array<std::int64_t, 3> quantities{
        bounded(ceiling.input_tokens_max),
        bounded(Int128{ceiling.output_tokens_max} * std::max<std::int64_t>(ceiling.answers, 0)),
        1};
    Money total = Money::from_pico(rounded ? kRoundingSlackPico : 0);
    for (std::size_t side = 0; side < quantities.size(); ++side) {
        if (sides[side].is_set) {
            total += amount_of(
                {.quantity = quantities[side],
                 .amount_pico = sides[side].amount_pico,
                 .per = sides[side].per,
                 .factor = factor},
                Rounding::ceil);
        }
    }
    return total;
}

std::optional<std::int64_t> output_tokens_within(Ceiling ceiling, Money affordable) {
    const auto fits = [&](std::int64_t tokens) {
        ceiling.output_tokens_max = tokens;
        return ceiling_of(ceiling) <= affordable;
    };
    const std::int64_t most = std::max<std::int64_t>(ceiling.output_tokens_max, 0);
    if (!fits(0)) {
        return std::nullopt;
    }
    // More output never costs less: the last that fits is found by halves.
    std::int64_t fitting = 0;
    std::int64_t above = most;
    while (fitting < above) {
        const std::int64_t middle = fitting + (above - fitting + 1) / 2;
        if (fits(middle)) {
            fitting = middle;
        } else {
            above = middle - 1;
        }
    }
    return fitting;
}

}  // namespace pulse::pricing
