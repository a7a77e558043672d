#pragma once

#include "base/usage.h"

#include <span>
#include <string>
#include <string_view>

namespace pulse::storage::detail {

/// A count of Usage that is no token and has no column of its own.
struct QuantityName {
    std::string_view name;
    std::int64_t Usage::*count;
};
[[nodiscard]] std::span<const QuantityName> quantity_names();

/// `{"images":2}`; empty when nothing of the kind was used.
[[nodiscard]] std::string quantities_json(const Usage& usage);

/// The reverse; names that are not known are passed over.
void read_quantities(std::string_view json, Usage& usage);

}  // namespace pulse::storage::detail
