#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace pulse::storage {

/// What costs are filtered and grouped by. A closed list: each is a column.
enum class Dimension : std::uint8_t {
    source,
    provider,
    service,
    account,
    region,
    project,
    team,
    user,
    app,
    client,
    model,
    key,
    usage_type,
    charge_type,
};

/// The word of the console's API (contract §9): "usage_type".
[[nodiscard]] std::string_view to_string(Dimension dimension);
[[nodiscard]] std::optional<Dimension> parse_dimension(std::string_view word);
[[nodiscard]] std::span<const Dimension> all_dimensions();

/// Whether requests are counted by it, and not only costs.
[[nodiscard]] bool is_of_requests(Dimension dimension);

}  // namespace pulse::storage
