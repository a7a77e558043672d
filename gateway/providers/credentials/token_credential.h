#pragma once

#include "gateway/providers/credentials/credential.h"
#include "gateway/providers/credentials/renewed.h"
#include "net/auth/google_token.h"

#include <memory>
#include <string>

namespace pulse::gateway {

/// A bearer token that is renewed before it ends. Thread-safe.
class TokenCredential final : public Credential {
public:
    /// `quota_project` goes along as x-goog-user-project; empty: no such field.
    TokenCredential(
        std::shared_ptr<Renewed<net::AccessToken>> token, std::string_view quota_project);

    [[nodiscard]] Result<void> append_auth_fields(
        const AuthAsk& ask, net::SigV4Signer& signer, std::string& head) const override;
    void refused() const override { token_->refused(); }
    [[nodiscard]] std::shared_ptr<Renewable> renewable() const override { return token_; }

private:
    const std::shared_ptr<Renewed<net::AccessToken>> token_;
    std::string fixed_fields_;
};

}  // namespace pulse::gateway
