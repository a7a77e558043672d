#pragma once

#include <string_view>

namespace pulse::gateway {

/// The value of `name` in a query without its '?', as sent; data() is null where the query does not hold it.
[[nodiscard]] std::string_view query_value(std::string_view query, std::string_view name);

}  // namespace pulse::gateway
