#pragma once

#include "gateway/providers/credentials/credential.h"

#include <string>
#include <string_view>

namespace pulse::gateway {

/// A key that stays: the same field with every request. Immutable.
class FixedCredential final : public Credential {
public:
    /// No fields at all.
    FixedCredential() = default;
    /// A field of `name` and `value`, which holds no control character.
    FixedCredential(std::string_view name, std::string_view value);

    /// A field that is added where the request has none of its name. Set before it is shared.
    void add_default(std::string name, std::string value);

    [[nodiscard]] Result<void> append_auth_fields(
        const AuthAsk& ask, net::SigV4Signer& signer, std::string& head) const override;

private:
    std::string field_;  ///< with its CRLF; secret
    std::string default_name_;
    std::string default_value_;
};

}  // namespace pulse::gateway
