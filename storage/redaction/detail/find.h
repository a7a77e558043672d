#pragma once

#include <cstddef>
#include <string_view>

namespace pulse::storage::detail {

/// What must not be kept, found at a place: how long it is there (0: nothing) and what stands in
/// its place.
struct Finding {
    std::size_t size = 0;
    std::string_view name;
};

/// What begins exactly at `at`. Each finder looks at a bounded stretch, or only where its own first
/// characters stand, so that all places together are looked at in linear time.
[[nodiscard]] Finding find_at(std::string_view text, std::size_t at);

}  // namespace pulse::storage::detail
