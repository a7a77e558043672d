#include "gateway/providers/credentials/fixed_credential.h"

#include "gateway/providers/credentials/head_fields.h"

#include <utility>

namespace pulse::gateway {

FixedCredential::FixedCredential(std::string_view name, std::string_view value) {
    field_.append(name).append(": ").append(value).append("\r\n");
}

void FixedCredential::add_default(std::string name, std::string value) {
    default_name_ = std::move(name);
    default_value_ = std::move(value);
}

Result<void> FixedCredential::append_auth_fields(
    const AuthAsk& /*ask*/, net::SigV4Signer& /*signer*/, std::string& head) const {
    if (!default_name_.empty() && !has_field(head, default_name_)) {
        head.append(default_name_).append(": ").append(default_value_).append("\r\n");
    }
    head.append(field_);
    return {};
}

}  // namespace pulse::gateway
