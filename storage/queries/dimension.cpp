#include "storage/queries/dimension.h"

#include "base/assert.h"
#include "storage/queries/detail/columns.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace pulse::storage {
namespace {

struct Entry {
    Dimension dimension;
    std::string_view word;
    detail::SqlText rollup;
    detail::SqlText event;
    std::optional<detail::SqlText> request;  ///< none: requests are not counted by it
};

constexpr std::size_t kDimensions = 14;

// In the order of the enum.
constexpr std::array<Entry, kDimensions> kEntries{{
    {Dimension::source, "source", "t.source", "coalesce(t.source, '')", std::nullopt},
    {Dimension::provider,
     "provider",
     "t.provider",
     "coalesce(t.provider, '')",
     detail::SqlText{"coalesce(t.provider, '')"}},
    {Dimension::service, "service", "t.service", "coalesce(t.service, '')", std::nullopt},
    {Dimension::account, "account", "t.account", "coalesce(t.account, '')", std::nullopt},
    {Dimension::region, "region", "t.region", "coalesce(t.region, '')", std::nullopt},
    {Dimension::project,
     "project",
     "t.project",
     "coalesce(t.project, '')",
     detail::SqlText{"coalesce(t.project, '')"}},
    {Dimension::team,
     "team",
     "t.team",
     "coalesce(t.team, '')",
     detail::SqlText{"coalesce(t.team, '')"}},
    {Dimension::user,
     "user",
     "t.\"user\"",
     "coalesce(t.\"user\", '')",
     detail::SqlText{"coalesce(t.\"user\", '')"}},
    {Dimension::app, "app", "t.app", "coalesce(t.app, '')", detail::SqlText{"coalesce(t.app, '')"}},
    {Dimension::client,
     "client",
     "t.client",
     "coalesce(t.client, '')",
     detail::SqlText{"coalesce(t.client, '')"}},
    {Dimension::model,
     "model",
     "t.model",
     "coalesce(t.model, '')",
     detail::SqlText{"coalesce(t.model_served, '')"}},
    {Dimension::key, "key", "t.key_id", "coalesce(t.key_id, '')", detail::SqlText{"t.key_id"}},
    {Dimension::usage_type,
     "usage_type",
     "t.usage_type",
     "coalesce(t.usage_type, '')",
     std::nullopt},
    {Dimension::charge_type,
     "charge_type",
     "t.charge_type",
     "coalesce(t.charge_type, '')",
     std::nullopt},
}};

constexpr auto kDimensionList = [] {
    std::array<Dimension, kDimensions> list{};
    for (std::size_t i = 0; i < kDimensions; ++i) {
        list[i] = kEntries[i].dimension;
    }
    return list;
}();

[[nodiscard]] const Entry& entry_of(Dimension dimension) {
    return kEntries[static_cast<std::size_t>(dimension)];
}

}  // namespace

std::string_view to_string(Dimension dimension) {
    return entry_of(dimension).word;
}

std::optional<Dimension> parse_dimension(std::string_view word) {
    const auto* const found = std::find_if(
        kEntries.begin(), kEntries.end(), [&](const Entry& entry) { return entry.word == word; });
    return found == kEntries.end() ? std::nullopt : std::optional{found->dimension};
}

std::span<const Dimension> all_dimensions() {
    return kDimensionList;
}

bool is_of_requests(Dimension dimension) {
    return entry_of(dimension).request.has_value();
}

detail::SqlText detail::rollup_column(Dimension dimension) {
    return entry_of(dimension).rollup;
}

detail::SqlText detail::event_column(Dimension dimension) {
    return entry_of(dimension).event;
}

detail::SqlText detail::request_column(Dimension dimension) {
    PULSE_ASSERT(is_of_requests(dimension));
    return *entry_of(dimension).request;
}

}  // namespace pulse::storage
