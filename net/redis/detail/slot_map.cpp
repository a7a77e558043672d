#include "net/redis/detail/slot_map.h"

#include "net/redis/detail/command.h"
#include "net/redis/detail/server_address.h"

#include <algorithm>
#include <cstddef>

namespace pulse::net::redis::detail {

std::optional<SlotMap> read_slot_map(const Reply& reply, std::string_view own_host) {
    SlotMap map;
    const auto ranges = reply.elements();
    for (const Reply& range : ranges.first(std::min<std::size_t>(ranges.size(), kSlots))) {
        const std::int64_t first = range.at(0).integer();
        const std::int64_t last = range.at(1).integer();
        const Reply& master = range.at(2);
        const auto server = read_server(master.at(0), master.at(1), own_host);
        if (first < 0 || last < first || last >= kSlots || !server) {
            return std::nullopt;
        }
        map.ranges.push_back(
            {.first = static_cast<std::uint16_t>(first),
             .last = static_cast<std::uint16_t>(last),
             .master = *server});
        for (const Reply& each : range.elements().subspan(2)) {
            const auto known = read_server(each.at(0), each.at(1), own_host);
            if (known &&
                std::find(map.servers.begin(), map.servers.end(), *known) == map.servers.end()) {
                map.servers.push_back(*known);
            }
        }
    }
    return map.ranges.empty() ? std::nullopt : std::optional{std::move(map)};
}

}  // namespace pulse::net::redis::detail
