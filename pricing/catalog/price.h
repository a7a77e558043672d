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
    // Appended, never reordered: the order is part of a merged version's digest.
    cache_read_image,
    cache_write_audio,
    output_video,
    citation,
    web_search_low,
    web_search_high,
    file_search,
    code_session,
    image,
    image_input,
    pixel,
    audio_second,
    video_second,
    second,
    character,
    character_out,
    page,
    page_annotated,
    query,
    message,
    credit,
};
inline constexpr std::size_t kPriceClasses = 35;
[[nodiscard]] std::optional<PriceClass> parse_price_class(std::string_view text);
[[nodiscard]] std::string_view to_string(PriceClass price_class);
/// Whether a unit of the class is a token. The rest are calls, seconds, images, …
[[nodiscard]] bool is_token_class(PriceClass price_class);

/// `fast` is Anthropic's speed, priced like a tier of its own.
enum class ServiceTier : std::uint8_t { standard, batch, flex, priority, scale, fast };
inline constexpr std::size_t kServiceTiers = 6;
/// "default", "standard", "auto", "on_demand" and "" → standard, without regard to case; unknown
/// words → nullopt.
[[nodiscard]] std::optional<ServiceTier> parse_service_tier(std::string_view text);
[[nodiscard]] std::string_view to_string(ServiceTier tier);

/// A part of every day, UTC: [from, to), over midnight when `to` is before `from`.
struct DayHours {
    std::chrono::minutes from{0};
    std::chrono::minutes to{0};
    friend bool operator==(const DayHours&, const DayHours&) = default;
};

/// How a source came by a price.
enum class Confidence : std::uint8_t {
    listed,    ///< stated by the source
    computed,  ///< follows from what the source states (a regional uplift, a size in pixels)
    assumed,   ///< nobody states it: a cost made of it is `derived`
};
[[nodiscard]] std::optional<Confidence> parse_confidence(std::string_view text);
[[nodiscard]] std::string_view to_string(Confidence confidence);

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
    std::string source{};      ///< name of one of the catalogue's sources
    std::string region{};      ///< "eu", "us-east-1", …: only for calls there; empty: everywhere
    std::string deployment{};  ///< "global", "datazone", "regional"; empty: all
    Confidence confidence = Confidence::listed;
    friend bool operator==(const Price&, const Price&) = default;
};
/// 1,000,000 USD per `per` units. With it no product of a cost line leaves 128 bits.
inline constexpr std::int64_t kAmountPicoMax = 1'000'000'000'000'000'000;
inline constexpr std::int64_t kPerMax = 1'000'000'000'000;

/// "2026-08-01" as its midnight, UTC; empty when it is no date.
[[nodiscard]] std::optional<TimePoint> parse_date(std::string_view text);

/// Whether `price` keeps the bounds above. Everything that reads prices checks it, so that sums
/// need not.
[[nodiscard]] bool in_bounds(const Price& price);

}  // namespace pulse::pricing
