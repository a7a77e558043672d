#pragma once

#include "base/uuid.h"

#include <cstddef>
#include <cstdint>

namespace pulse::storage::detail {

/// The id of the cost event of a request's attempt (counted from 1): the request's time and
/// counter, its random part moved on by the attempt. The same attempt always has the same one, so
/// that a replay meets the same row; two attempts of a request never do.
[[nodiscard]] inline Uuid cost_event_id(const Uuid& request, std::size_t attempt) {
    constexpr std::uint64_t kRandomMask = (std::uint64_t{1} << 62U) - 1;
    constexpr std::uint64_t kStep = 0x9e3779b97f4a7c15U;  // odd: distinct for each attempt
    std::uint64_t tail = 0;
    for (std::size_t i = 8; i < 16; ++i) {
        tail = (tail << 8U) | request.bytes[i];
    }
    tail = (tail & ~kRandomMask) | ((tail + attempt * kStep) & kRandomMask);
    Uuid id = request;
    for (std::size_t i = 16; i-- > 8; tail >>= 8U) {
        id.bytes[i] = static_cast<std::uint8_t>(tail);
    }
    return id;
}

}  // namespace pulse::storage::detail
