#pragma once

#include "net/redis/address.h"
#include "net/redis/reply.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace pulse::net::redis::detail {

/// What a node of a cluster answers to CLUSTER SLOTS. Value; not thread-safe.
struct SlotMap {
    struct Range {
        std::uint16_t first = 0;
        std::uint16_t last = 0;  ///< of it
        HostPort master;
    };
    std::vector<Range> ranges;
    std::vector<HostPort> servers;  ///< all, replicas too: who to ask when the masters are gone
};

/// Nothing when the reply is none of that command, or names no slot at all. `own_host`: of the node
/// that was asked, which may not know its own. At most 16,384 ranges are read.
/// Source: https://redis.io/commands/cluster-slots/, read 2026-11-21.
[[nodiscard]] std::optional<SlotMap> read_slot_map(const Reply& reply, std::string_view own_host);

}  // namespace pulse::net::redis::detail
