#pragma once

#include "base/clock.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::pricing {

/// What a price is for. Names as in docs/formats/catalogue.md.
enum class PriceClass : std::uint8_t {
    input,
    cache_read,
    cache_write_5m,
    cache_write_1h,
    input_audio,
    cache_read_audio,
    input_image,
    input_video,
    output,
    output_reasoning,
    output_audio,
    output_image,
    request,
    web_search,
};
inline constexpr std::size_t kPriceClasses = 14;
[[nodiscard]] std::optional<PriceClass> parse_price_class(std::string_view text);
[[nodiscard]] std::string_view to_string(PriceClass price_class);

enum class ServiceTier : std::uint8_t { standard, batch, flex, priority };
/// "default", "standard", "auto" and "" → standard; unknown words → nullopt.
[[nodiscard]] std::optional<ServiceTier> parse_service_tier(std::string_view text);
[[nodiscard]] std::string_view to_string(ServiceTier tier);

/// A part of every day, UTC: [from, to), over midnight when `to` is before `from`.
struct DayHours {
    std::chrono::minutes from{0};
    std::chrono::minutes to{0};
    friend bool operator==(const DayHours&, const DayHours&) = default;
};

/// `amount_pico` per `per` units, for calls whose total input is above `min_input` (or equal to it,
/// when inclusive). Valid in [valid_from, valid_to). Bounds: 0 ≤ amount_pico ≤ kAmountPicoMax, 1 ≤
/// per ≤ kPerMax.
struct Price {
    PriceClass price_class = PriceClass::input;
    ServiceTier tier = ServiceTier::standard;
    std::int64_t amount_pico = 0;
    std::int64_t per = 1'000'000;
    std::int64_t min_input = 0;
    bool min_input_inclusive = true;
    std::optional<TimePoint> valid_from{};
    std::optional<TimePoint> valid_to{};
    std::optional<DayHours> hours{};
    std::string source{};  ///< name of one of the catalogue's sources
};
/// 1,000,000 USD per `per` units. With it no product of a cost line leaves 128 bits.
inline constexpr std::int64_t kAmountPicoMax = 1'000'000'000'000'000'000;
inline constexpr std::int64_t kPerMax = 1'000'000'000'000;

/// Whether `price` keeps the bounds above. Everything that reads prices checks it, so that sums
/// need not.
[[nodiscard]] bool in_bounds(const Price& price);

}  // namespace pulse::pricing
