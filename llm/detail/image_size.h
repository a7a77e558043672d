#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace pulse::llm::detail {

/// Pixels.
struct ImageSize {
    std::int32_t width = 0;
    std::int32_t height = 0;
};

/// The size that a PNG, JPEG, GIF or WebP states in its first bytes; nothing for other formats and
/// for sizes that are not sensible. `bytes` may be the beginning only. Sources: PNG (W3C) §11.2.2,
/// ITU-T T.81 §B.2.2, GIF89a §18, WebP container.
[[nodiscard]] std::optional<ImageSize> image_size(std::string_view bytes);

/// The same for an image in base64.
[[nodiscard]] std::optional<ImageSize> image_size_of_base64(std::string_view text);

/// The same for "data:image/png;base64,…"; nothing for other URLs, which are never fetched.
[[nodiscard]] std::optional<ImageSize> image_size_of_data_url(std::string_view url);

}  // namespace pulse::llm::detail
