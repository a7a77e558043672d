#pragma once

#include "app/config/config.h"
#include "base/error.h"
#include "storage/sql/session.h"
#include "storage/tables/audit.h"

#include <string>

namespace pulse::app {

/// An audit entry of the program itself: now, the default organisation.
[[nodiscard]] storage::AuditEntry by_the_system();

/// Makes the configuration's first user, an admin; one with that e-mail address is left as they
/// are. Errors: configuration (no address, a password that breaks the rules), storage_unavailable.
[[nodiscard]] Result<void> add_bootstrap_admin(
    storage::sql::Session& session, const BootstrapAdmin& admin);

/// What somebody logs in with for the first time.
struct FirstLogin {
    std::string email;     ///< empty: there is an admin already
    std::string password;  ///< shown once
};

/// Makes an admin with a made password when there is none at all. Errors: storage_unavailable.
[[nodiscard]] Result<FirstLogin> make_first_admin(storage::sql::Session& session);

}  // namespace pulse::app
