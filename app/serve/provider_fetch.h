#pragma once

#include "app/serve/fetch.h"
#include "gateway/providers/address.h"
#include "gateway/providers/provider.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string_view>

namespace pulse::app {

/// A GET of Pulse's own at a provider.
struct ProviderAsk {
    const gateway::Provider& provider;
    gateway::AddressAsk address;
    std::chrono::milliseconds timeout{};  ///< of the whole
    std::size_t bytes_max = 0;
    const std::atomic<bool>& cancelled;
    std::function<void(std::string_view)> on_bytes = {};  ///< as FetchAsk::on_bytes
};

/// Asks with the provider's address, credential and configured headers, and waits for the answer.
/// Errors: as fetch(), upstream_credentials.
[[nodiscard]] Result<Fetched> fetch_from(const ProviderAsk& ask);

}  // namespace pulse::app
