#pragma once

#include "console/api/fields.h"

#include <cstdint>

namespace pulse::console {

/// `limit` of a list's query.
[[nodiscard]] inline std::int64_t page_limit(QueryFields& query) {
    constexpr std::int64_t kRowsOtherwise = 100;
    constexpr std::int64_t kRowsMax = 1000;
    return query.number("limit", kRowsOtherwise, 1, kRowsMax);
}

}  // namespace pulse::console
