#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace pulse {

/// SHA-256 of the bytes of `data`. For one-off use: the request path keeps a fetched digest
/// (policy::KeyHasher), which is four times as fast.
[[nodiscard]] std::array<std::uint8_t, 32> sha256(std::string_view data);

/// Equality whose time depends on the sizes alone, for secrets and their hashes.
[[nodiscard]] bool constant_time_equal(std::string_view a, std::string_view b);
[[nodiscard]] bool constant_time_equal(
    std::span<const std::uint8_t> a, std::span<const std::uint8_t> b);

}  // namespace pulse
