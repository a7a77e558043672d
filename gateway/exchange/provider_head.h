#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "gateway/providers/provider.h"
#include "net/http/head.h"

namespace pulse::gateway {

/// Field names of a caller that go to every provider (contract §4 "Headers that pass").
[[nodiscard]] bool passes_to_provider(std::string_view name);

struct ProviderRequest {
    const net::RequestHead& head;   ///< the caller's
    const Provider& provider;
    std::string_view target;        ///< path and query at the provider
    std::string_view caller_key;    ///< a field whose value contains it does not pass
    std::size_t body_size = 0;
    int hops = 1;                   ///< Pulse instances on the way, this one counted
};

/// Appends the head of the request to the provider, without its credential and blank line. Only listed fields pass; never a credential, cookie,
/// forwarding or hop-by-hop field, one that Connection names, or anything of ours.
void append_provider_head(std::string& out, const ProviderRequest& request);

/// How many Pulse instances a request has come through.
[[nodiscard]] int hops_of(const net::RequestHead& head);
inline constexpr int kHopsMax = 3;

}  // namespace pulse::gateway
