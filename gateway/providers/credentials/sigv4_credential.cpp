#include "gateway/providers/credentials/sigv4_credential.h"

#include "gateway/providers/credentials/head_fields.h"

#include <utility>
#include <vector>

namespace pulse::gateway {

SigV4Credential::SigV4Credential(
    std::string region, std::shared_ptr<Renewed<net::AwsCredentials>> keys)
    : region_(std::move(region)), keys_(std::move(keys)) {}

Result<void> SigV4Credential::append_auth_fields(
    const AuthAsk& ask, net::SigV4Signer& signer, std::string& head) const {
    const auto keys = keys_->current(ask.now);
    if (!keys) {
        return keys.error();
    }
    // AWS wants the host and every x-amz-… field signed; what is not signed may change on the way.
    std::vector<net::Field> fields{{"host", ask.host}};
    HeadFields present(head);
    net::Field field;
    while (present.next(field)) {
        if (net::istarts_with(field.name, "x-amz-")) {
            fields.push_back(field);
        }
    }
    const std::size_t query = ask.target.find('?');
    const std::string hash = signer.payload_sha256(ask.body);
    std::string ours;
    signer.append_signed_fields(
        ours,
        {.method = ask.method,
         .path = ask.target.substr(0, query),
         .query = query == std::string_view::npos ? "" : ask.target.substr(query + 1),
         .fields = fields,
         .payload_sha256 = hash},
        {.region = region_, .service = "bedrock"},
        **keys,
        ask.now);
    head.append(ours);
    return {};
}

}  // namespace pulse::gateway
