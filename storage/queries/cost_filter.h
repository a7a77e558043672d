#pragma once

#include "base/error.h"
#include "storage/queries/dimension.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage {

/// Which of a cloud bill's three amounts is meant; alike for AI.
enum class CostType : std::uint8_t { unblended, net, amortized };

/// Which costs count: those that have one of the values of each dimension and tag that is named. An
/// empty value means "not said". Tags are read from the events themselves, not from rollups.
struct CostFilter {
    std::map<Dimension, std::vector<std::string>> dimensions;
    std::map<std::string, std::vector<std::string>, std::less<>> tags;
    std::string currency;  ///< empty: every one

    static constexpr std::size_t kValuesMax = 1'000;
    static constexpr std::size_t kTagKeyBytesMax = 256;
};

/// Errors: invalid_request for too many values, a dimension without any, a tag without a name.
[[nodiscard]] Result<void> check(const CostFilter& filter);

}  // namespace pulse::storage
