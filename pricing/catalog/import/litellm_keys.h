#pragma once

#include "pricing/catalog/price.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace pulse::pricing::detail {

/// What a model is for, as far as it decides what "a second" or "an image" is.
enum class ModeKind : std::uint8_t { text, audio, video, image, search };
[[nodiscard]] ModeKind mode_kind(std::string_view litellm_mode);
/// LiteLLM's word in ours ("audio_transcription" → "stt").
[[nodiscard]] std::string_view mode_of(std::string_view litellm_mode);

/// A key of the grammar BASE[_above_1hr][_above_Nk_tokens][_batches|_flex|_priority].
struct PriceKey {
    PriceClass price_class = PriceClass::input;
    ServiceTier tier = ServiceTier::standard;
    std::int64_t above_tokens = 0;  ///< 0: no size
    std::int64_t per = 1;           ///< in which the price is kept
};
/// Empty for keys that state no price in a unit of ours.
[[nodiscard]] std::optional<PriceKey> parse_price_key(std::string_view key, ModeKind mode);

/// Whether a key is about money at all, and in USD.
[[nodiscard]] bool is_price_key(std::string_view key);

}  // namespace pulse::pricing::detail
