#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "net/auth/sigv4.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace pulse::gateway {

class Renewable;

/// The request that is about to leave, as far as a credential must know it. Views.
struct AuthAsk {
    std::string_view method;
    std::string_view target;                 ///< path and query as the request line has them
    std::string_view host;                   ///< the value of `host`
    std::span<const std::string_view> body;  ///< whole, in pieces; read only where it is signed
    TimePoint now;
};

/// What lets a provider's requests in. Workers share it; asking it takes no lock and waits for
/// nothing. Thread-safe.
class Credential {
public:
    Credential() = default;
    Credential(const Credential&) = delete;
    Credential& operator=(const Credential&) = delete;
    virtual ~Credential() = default;

    /// Appends the fields that authenticate the request, each with its CRLF. `head` holds the
    /// request line and all other fields of ours and of the caller (`host` too): the last thing
    /// before the blank line, because `x-amz-…` fields there are signed, and fields that a provider
    /// cannot do without (`anthropic-version`) are added when they are not there. `signer` is the
    /// worker's own. On an error `head` is as it was. Errors: upstream_credentials, with what the
    /// operator has to do.
    [[nodiscard]] virtual Result<void> append_auth_fields(
        const AuthAsk& ask, net::SigV4Signer& signer, std::string& head) const = 0;

    /// The provider refused it (401): what is fetched is fetched again soon, for it may have been
    /// taken back before its end. Waits for nothing.
    virtual void refused() const {}

    /// What must be fetched now and then for it; null: nothing.
    [[nodiscard]] virtual std::shared_ptr<Renewable> renewable() const { return nullptr; }
};

/// What a provider's settings say about its credential.
struct CredentialSettings {
    std::string provider;  ///< its name, for messages
    std::string kind;      ///< "openai", "azure", "bedrock", …
    std::string host;      ///< of base_url; a region may stand in it
    std::string api_key;   ///< secret; empty: none
    std::string region;    ///< AWS's; empty: from the host, the environment or the profile
    /// Where AWS's or Google's come from, when there is no api_key. Empty and "environment": where
    /// the vendor's own programs look. AWS: "profile:NAME", "container", "instance". Google: the
    /// path of a credentials file, its JSON text itself, or "metadata".
    std::string credentials;

    friend bool operator==(const CredentialSettings&, const CredentialSettings&) = default;
};

}  // namespace pulse::gateway
