#include "app/serve/first_admin.h"

#include "base/clock.h"
#include "console/access/accounts.h"
#include "storage/tables/users.h"

namespace pulse::app {
namespace {

constexpr std::string_view kFirstEmail = "admin@localhost";

[[nodiscard]] Error in_configuration(const Error& error) {
    return Error{Errc::configuration, "bootstrap.admin: " + error.detail()};
}

}  // namespace

storage::AuditEntry by_the_system() {
    storage::AuditEntry who;
    who.at = system_clock().now();
    who.org = console::kDefaultOrg;
    who.actor = "system";
    who.actor_kind = "system";
    return who;
}

Result<void> add_bootstrap_admin(storage::sql::Session& session, const BootstrapAdmin& admin) {
    if (admin.email.empty()) {
        return {};
    }
    const auto email = console::normalized_email(admin.email);
    if (!email) {
        return Error{
            Errc::configuration,
            "bootstrap.admin.email takes an e-mail address such as admin@example.com"};
    }
    const auto known = storage::find_user_by_email(session, *email);
    if (!known) {
        return known.error();
    }
    if (*known) {
        return {};
    }
    if (auto fit = console::check_password_rules(admin.password); !fit) {
        return in_configuration(fit.error());
    }
    console::PasswordHasher hasher;
    const auto made = console::create_user(
        session,
        hasher,
        {.email = *email, .role = console::Role::admin, .password = admin.password},
        by_the_system());
    if (made || made.error().code() == Errc::storage_unavailable) {
        return made ? Result<void>{} : Result<void>{made.error()};
    }
    // Another process of the installation was quicker.
    return made.error().param() == "email" ? Result<void>{}
                                           : Result<void>{in_configuration(made.error())};
}

Result<FirstLogin> make_first_admin(storage::sql::Session& session) {
    const auto admins = storage::count_admins(session, console::kDefaultOrg);
    if (!admins) {
        return admins.error();
    }
    if (*admins > 0) {
        return FirstLogin{};
    }
    console::PasswordHasher hasher;
    const auto made = console::create_user(
        session,
        hasher,
        {.email = std::string{kFirstEmail}, .name = "Admin", .role = console::Role::admin},
        by_the_system());
    if (!made) {
        return made.error().param() == "email" ? Result<FirstLogin>{FirstLogin{}}
                                               : Result<FirstLogin>{made.error()};
    }
    return FirstLogin{made->user.email, made->password};
}

}  // namespace pulse::app
