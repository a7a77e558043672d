#include "gateway/exchange/caller_key.h"

#include "gateway/paths/query.h"

#include <array>

#include "gateway/exchange/realtime_opening.h"
#include "policy/access/key_directory.h"

namespace pulse::gateway {

namespace {

[[nodiscard]] std::string_view bearer_token(std::string_view value) {
    constexpr std::string_view kScheme = "bearer ";
    if (value.size() <= kScheme.size() || !net::iequals(value.substr(0, kScheme.size()), kScheme)) {
        return {};
    }
    value.remove_prefix(kScheme.size());
    while (value.starts_with(' ')) {
        value.remove_prefix(1);
    }
    return value;
}

constexpr std::string_view kProtocolField = "sec-websocket-protocol";

/// Rank of a field name as a place for a key; 0 is none, higher wins among equals.
[[nodiscard]] int rank_of(std::string_view name) {
    switch (name.size()) {
        case 7:
            return net::iequals(name, "api-key") ? 1 : 0;
        case 9:
            return net::iequals(name, "x-api-key") ? 2 : 0;
        case 11:
            return net::iequals(name, "x-pulse-key") ? 5 : 0;
        case 13:
            return net::iequals(name, "authorization") ? 3 : 0;
        case 14:
            return net::iequals(name, "x-goog-api-key") ? 1 : 0;
        case 17:
            return net::iequals(name, "x-litellm-api-key") ? 4 : 0;
        case 22:
            return net::iequals(name, kProtocolField) ? 1 : 0;
        default:
            return 0;
    }
}

}  // namespace

std::string_view find_caller_key(const net::RequestHead& head) {
    std::string_view best;
    int best_rank = 0;
    for (const net::Field& field : head.fields) {
        int rank = rank_of(field.name);
        if (rank == 0) {
            continue;
        }
        const std::string_view token = bearer_token(field.value);
        std::string_view value = token.empty() ? field.value : token;
        if (field.name.size() == kProtocolField.size()) {
            value = key_in_protocols(field.value);
            if (value.empty()) {
                continue;
            }
        }
        if (rank == 3 && token.empty()) {
            continue;
        }
        if (rank < 4 && value.starts_with(policy::kKeyPrefix)) {
            rank += 10;
        } else if (rank >= 4) {
            rank += 20;
        }
        if (rank > best_rank) {
            best_rank = rank;
            best = value;
        }
    }
    return best_rank > 0 ? best : query_value(head.query, "key");
}

}  // namespace pulse::gateway
