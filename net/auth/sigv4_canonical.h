#pragma once

#include "net/auth/sigv4.h"

#include <string>
#include <string_view>

namespace pulse::net {

/// Appends the canonical request to `out` and the names of its fields, `;` between, to
/// `signed_names`.
void append_canonical_request(
    std::string& out, std::string& signed_names, const SigV4Request& request, SigV4Path path);

/// Appends what is signed: algorithm, time, scope, and the hash of the canonical request.
void append_string_to_sign(
    std::string& out,
    std::string_view timestamp,
    const SigV4Scope& scope,
    const Sha256& canonical_request);

/// Appends "20150830/us-east-1/service/aws4_request".
void append_credential_scope(std::string& out, std::string_view timestamp, const SigV4Scope& scope);

}  // namespace pulse::net
