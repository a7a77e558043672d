#pragma once

#include "pricing/catalog/catalog.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace pulse::pricing::detail {

/// What makes one price of a model hold and not another.
struct RateAsk {
    ServiceTier tier = ServiceTier::standard;
    TimePoint at{};
    std::int64_t input_total = 0;
    std::string_view region{};
    std::string_view deployment{};
};

/// How the price of a class was come by.
enum class RateOrigin : std::uint8_t {
    listed,
    half_of_standard,  ///< batch without a price of its own
    standard,          ///< flex, priority or scale without a price of its own
};

struct Rate {
    const Price* price = nullptr;
    RateOrigin origin = RateOrigin::listed;
};

/// The prices of a model that hold for one call, picked in one pass over its rows. Borrows the
/// model. Value.
class Rates {
public:
    Rates(const Model& model, const RateAsk& ask);

    /// The class's price, else that of the class that it falls back to; empty when none has one.
    [[nodiscard]] std::optional<Rate> of(PriceClass price_class) const;

private:
    [[nodiscard]] std::optional<Rate> own(PriceClass price_class) const;

    ServiceTier tier_;
    std::array<const Price*, kPriceClasses> standard_{};
    std::array<const Price*, kPriceClasses> served_{};  ///< of `tier_`, when that is not standard
};

/// Whether `price` is in force at that time and place.
[[nodiscard]] bool holds(const Price& price, const RateAsk& ask);

/// The smallest total input for which `price` counts.
[[nodiscard]] std::int64_t threshold_of(const Price& price);

/// A model without a price costs this much of its reference. Source: the requirement (price + 20
/// %).
inline constexpr Factor kUnknownModel{6, 5};

}  // namespace pulse::pricing::detail
