#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "console/access/access.h"
#include "storage/sql/session.h"
#include "storage/tables/users.h"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pulse::console {

inline constexpr std::chrono::hours kSessionIdle{12};
inline constexpr std::chrono::hours kSessionLife{24 * 7};
inline constexpr std::chrono::hours kLoginTokenLife{12};
/// What stands where personal tokens show their first characters.
inline constexpr std::string_view kLoginTokenPrefix = "login";

/// What a request shows of who sends it.
struct Credentials {
    std::string session;      ///< the cookie; empty: none
    std::string bearer;       ///< empty: none
    std::string_view secret;  ///< the installation's
};

/// What the user may do in the console; nothing for one that may not log in.
[[nodiscard]] std::optional<Access> access_of(const storage::UserRow& user);

/// Who asks. Nothing where the credentials are unknown, have ended or were revoked, or the user is
/// disabled: a caller cannot tell these apart. A bearer token goes before a cookie. Notes the use,
/// at most once a minute. Errors: storage_unavailable.
[[nodiscard]] Result<std::optional<Access>> authenticate(
    storage::sql::Session& session, const Credentials& credentials, TimePoint now);

/// Is this the CSRF token of the session that `access` came with?
[[nodiscard]] Result<bool> is_csrf_token(
    storage::sql::Session& session, const Access& access, std::string_view token);

}  // namespace pulse::console
