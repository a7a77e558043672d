#pragma once

#include "base/error.h"
#include "base/settings/settings_source.h"

#include <string>
#include <string_view>
#include <variant>

namespace pulse::net {

/// A service account's key: signs the assertion that a token is given for.
struct GoogleServiceAccount {
    std::string client_email;
    std::string private_key;  ///< PEM; secret
    std::string private_key_id;
    std::string token_uri;
};

/// A person's consent, as `gcloud auth application-default login` keeps it.
struct GoogleAuthorizedUser {
    std::string client_id;
    std::string client_secret;  ///< secret
    std::string refresh_token;  ///< secret
    std::string token_uri;
};

/// The account of the machine: its metadata server gives tokens out.
struct GoogleMachine {
    std::string endpoint;  ///< "http://169.254.169.254"
};

using GoogleIdentity = std::variant<GoogleServiceAccount, GoogleAuthorizedUser, GoogleMachine>;

struct GoogleCredentials {
    GoogleIdentity identity;
    std::string project_id;        ///< of the account; empty: not said
    std::string quota_project_id;  ///< which project the calls are counted to; empty: not said
};

/// Reads a credentials file. Errors: configuration, with what is wrong and the fix; nothing of its
/// secrets is repeated. Pure.
/// Source: https://google.aip.dev/auth/4112 (service accounts) and …/4113 (authorized users), read
/// 2026-11-21.
[[nodiscard]] Result<GoogleCredentials> parse_google_credentials(std::string_view json);

/// Finds them: `where` is JSON text, the path of a file, "metadata", or empty or "environment" for
/// where Google's own libraries look (GOOGLE_APPLICATION_CREDENTIALS, gcloud's own file, the
/// machine). Errors: configuration. Source: https://google.aip.dev/auth/4110, read 2026-11-21.
[[nodiscard]] Result<GoogleCredentials> find_google_credentials(
    std::string_view where, const EnvironmentLookup& environment);

}  // namespace pulse::net
