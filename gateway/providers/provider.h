#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/request_facts.h"
#include "gateway/providers/address.h"
#include "gateway/providers/credentials/credential.h"
#include "gateway/settings.h"
#include "net/http/upstream_pool.h"

namespace pulse::gateway {

/// A provider as the exchange needs it: where it listens and what every request to it carries. Immutable.
struct Provider {
    std::size_t index = 0;  ///< among the providers of its routes
    std::string name;
    std::string kind;
    Dialect dialect = Dialect::openai;  ///< that it speaks
    net::Endpoint endpoint;
    std::string ca_file;     ///< PEM of the authorities that it is trusted by; empty: the system's
    std::string pool_key;    ///< equal for equal endpoints: pools outlive a reload that does not change them
    ProviderAddress address;
    std::string host;        ///< value of the `host` field
    std::string fixed_head;  ///< head fields of ours, each with CRLF: host, configured headers. Secret
    std::shared_ptr<const Credential> credential;  ///< null: requests carry none
    std::vector<std::string> forward_headers;
    std::vector<std::string> models;  ///< globs
    std::shared_ptr<const pricing::Catalog> own_prices;  ///< of `prices:`, which go before the catalogue; null: none
    bool drains_on_disconnect = false;
    bool takes_usage_option = true;
    std::string price_region;  ///< where its prices are those of a region: OpenAI's "eu", AWS's; empty: nowhere
    bool is_official = false;  ///< of kind openai and at OpenAI's own address
    bool sandbox = false;
};

/// Gives the credential that settings describe.
using ObtainCredential = std::function<Result<std::shared_ptr<const Credential>>(const CredentialSettings&)>;

/// Without `obtain` the provider has no credential: for those who only ask for its prices.
/// Errors: configuration that names the provider and what is wrong with its URL, certificate, header or credentials.
[[nodiscard]] Result<std::shared_ptr<const Provider>> make_provider(
    const ProviderSettings& settings,
    const UpstreamTimeouts& timeouts,
    std::size_t index,
    const ObtainCredential& obtain = {});

/// What a kind of provider speaks (contract §9); kinds that are not named here speak OpenAI's dialect.
[[nodiscard]] Dialect dialect_of_kind(std::string_view kind);

/// Does this kind of provider go on billing when the caller hangs up? (Then the answer is read to its end.)
/// Source: contract §9, disconnect defaults.
[[nodiscard]] bool drains_by_kind(std::string_view kind);

}  // namespace pulse::gateway
