#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "gateway/settings.h"
#include "net/http/upstream_pool.h"

namespace pulse::gateway {

/// A provider as the exchange needs it: where it listens and what every request to it carries. Immutable.
struct Provider {
    std::size_t index = 0;  ///< among the providers of its routes
    std::string name;
    std::string kind;
    net::Endpoint endpoint;
    std::string pool_key;    ///< equal for equal endpoints: pools outlive a reload that does not change them
    std::string base_path;   ///< "/v1"; empty or without a trailing slash
    std::string fixed_head;  ///< head fields of ours, each with CRLF: host, credentials, configured headers. Secret
    std::vector<std::string> forward_headers;
    std::vector<std::string> models;  ///< globs
    std::shared_ptr<const pricing::Catalog> own_prices;  ///< of `prices:`, which go before the catalogue; null: none
    bool drains_on_disconnect = false;
    bool takes_usage_option = true;
    bool is_official = false;  ///< of kind openai and at OpenAI's own address
    bool sandbox = false;
};

/// Errors: configuration that names the provider and what is wrong with its URL, certificate or header.
[[nodiscard]] Result<std::shared_ptr<const Provider>> make_provider(
    const ProviderSettings& settings, const UpstreamTimeouts& timeouts, std::size_t index);

/// Does this kind of provider go on billing when the caller hangs up? (Then the answer is read to its end.)
/// Source: contract §9, disconnect defaults.
[[nodiscard]] bool drains_by_kind(std::string_view kind);

}  // namespace pulse::gateway
