#include "gateway/providers/credentials/token_credential.h"

#include <utility>

namespace pulse::gateway {

TokenCredential::TokenCredential(
    std::shared_ptr<Renewed<net::AccessToken>> token, std::string_view quota_project)
    : token_(std::move(token)) {
    if (!quota_project.empty()) {
        fixed_fields_.append("x-goog-user-project: ").append(quota_project).append("\r\n");
    }
}

Result<void> TokenCredential::append_auth_fields(
    const AuthAsk& ask, net::SigV4Signer& /*signer*/, std::string& head) const {
    const auto token = token_->current(ask.now);
    if (!token) {
        return token.error();
    }
    head.append(fixed_fields_)
        .append("authorization: Bearer ")
        .append((*token)->text)
        .append("\r\n");
    return {};
}

}  // namespace pulse::gateway
