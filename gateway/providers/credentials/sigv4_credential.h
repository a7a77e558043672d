#pragma once

#include "gateway/providers/credentials/credential.h"
#include "gateway/providers/credentials/renewed.h"
#include "net/auth/aws_credentials.h"

#include <memory>
#include <string>

namespace pulse::gateway {

/// Signs each request to Bedrock with AWS credentials. Thread-safe.
class SigV4Credential final : public Credential {
public:
    SigV4Credential(std::string region, std::shared_ptr<Renewed<net::AwsCredentials>> keys);

    [[nodiscard]] Result<void> append_auth_fields(
        const AuthAsk& ask, net::SigV4Signer& signer, std::string& head) const override;
    void refused() const override { keys_->refused(); }
    [[nodiscard]] std::shared_ptr<Renewable> renewable() const override { return keys_; }

private:
    const std::string region_;
    const std::shared_ptr<Renewed<net::AwsCredentials>> keys_;
};

}  // namespace pulse::gateway
