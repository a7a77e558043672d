#pragma once

#include <cstddef>
#include <cstdint>

/// What writing and reading a record share. The format: docs/formats/spool.md.
namespace pulse::storage::detail {

__extension__ using Uint128 = unsigned __int128;

inline constexpr std::size_t kIdOffset = 8;
inline constexpr std::uint8_t kFlagStream = 1U << 0U;
inline constexpr std::uint8_t kFlagSandbox = 1U << 1U;
inline constexpr std::uint8_t kFlagStatedCost = 1U << 2U;
inline constexpr std::uint8_t kFlagDeferredBegun = 1U << 3U;
inline constexpr std::uint8_t kFlagDeferredEnded = 1U << 4U;

}  // namespace pulse::storage::detail
