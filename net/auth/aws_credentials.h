#pragma once

#include "base/clock.h"

#include <optional>
#include <string>

namespace pulse::net {

/// What signs requests to AWS. All of it is secret but the access key's id. Value; not thread-safe.
struct AwsCredentials {
    std::string access_key_id;
    std::string secret_access_key;
    std::string session_token;            ///< of temporary credentials; empty: none
    std::optional<TimePoint> expires_at;  ///< nothing: they stay until somebody takes them back

    friend bool operator==(const AwsCredentials&, const AwsCredentials&) = default;
};

}  // namespace pulse::net
