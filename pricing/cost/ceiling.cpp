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
        case PriceClass::output:
        case PriceClass::output_reasoning:
        case PriceClass::output_audio:
        case PriceClass::output_image:
            return Side::output;
        case PriceClass::request:
            return Side::request;
        case PriceClass::web_search:
            return Side::unbounded;
        default:
            return Side::input;
    }
}

/// a.amount_pico ÷ a.per > b.amount_pico ÷ b.per
bool dearer(const Price& a, const Price* b) {
    return b == nullptr || Int128{a.amount_pico} * b->per > Int128{b->amount_pico} * a.per;
}

/// Each line of a cost is rounded up by half a unit at most, so a sum of lines may be above the
/// exact product.
constexpr std::int64_t kRoundingSlackPico = (kPriceClasses + 1) / 2;

std::int64_t bounded(Int128 quantity) {
    return static_cast<std::int64_t>(std::clamp<Int128>(quantity, 0, Int128{1} << 62));
}

}  // namespace

Money ceiling_of(const Ceiling& ceiling) {
    const bool unknown = ceiling.found.model == nullptr;
    const auto* model = unknown ? ceiling.found.reference : ceiling.found.model;
    if (model == nullptr) {
        return {};
    }
    const auto factor = unknown ? detail::kUnknownModel : detail::Factor{};
    std::array<const Price*, 4> dearest{};
    bool rounded = false;
    for (const auto& price : model->prices) {
        // A provider may serve a cheaper or dearer tier at the standard price, so that one always
        // counts.
        const bool may_be_served =
            price.tier == ServiceTier::standard || price.tier == ceiling.tier;
        if (!may_be_served ||
            detail::threshold_of(price) > std::max<std::int64_t>(ceiling.input_tokens_max, 0) ||
            !detail::holds(price, ceiling.at)) {
            continue;
        }
        auto& slot = dearest[static_cast<std::size_t>(side_of(price.price_class))];
        if (dearer(price, slot)) {
            slot = &price;
        }
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
        if (dearest[side] != nullptr) {
            total += multiply(
                {.quantity = quantities[side],
                 .amount_pico = dearest[side]->amount_pico,
                 .per = dearest[side]->per,
                 .numerator = factor.numerator,
                 .denominator = factor.denominator},
                Rounding::ceil);
        }
    }
    return total;
}

}  // namespace pulse::pricing
