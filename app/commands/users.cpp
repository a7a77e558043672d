#include "app/commands/add_command.h"
#include "app/commands/people.h"
#include "base/clock.h"
#include "console/access/accounts.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>

namespace pulse::app {
namespace {

namespace json = boost::json;

constexpr std::int64_t kPage = 1'000;

struct UserOptions {
    std::string email;
    std::string role = "user";
    std::string name;
    std::string id;
    std::vector<std::string> teams;
};

[[nodiscard]] std::string system_user() {
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    const bool is_known =
        ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 &&
        found != nullptr;
    return is_known ? std::string{found->pw_name} : "uid " + std::to_string(::geteuid());
}

void print_made(
    const CommonOptions& options, const console::UserWithPassword& made, const char* what) {
    if (options.json) {
        json::object out = console::user_json(made.user);
        out["password"] = made.password;
        std::printf("%s\n", json::serialize(out).c_str());
        return;
    }
    std::printf(
        "%s\nid        %s\nemail     %s\nrole      %s\npassword  %s   (shown once)\n",
        what,
        made.user.id.c_str(),
        made.user.email.c_str(),
        made.user.role.c_str(),
        made.password.c_str());
}

[[nodiscard]] int create(const CommonOptions& options, const UserOptions& wanted) {
    const auto email = console::normalized_email(wanted.email);
    const auto role = console::parse_role(wanted.role);
    if (!email) {
        return fail(Error{
            Errc::invalid_request, "--email takes an e-mail address such as ada@example.com"});
    }
    if (!role) {
        return fail(Error{Errc::invalid_request, "--role takes user, manager, finance or admin"});
    }
    const auto database = open_configured_database(options);
    if (!database) {
        return fail(database.error());
    }
    console::PasswordHasher hasher;
    const auto made = console::create_user(
        (*database)->session(),
        hasher,
        {.id = wanted.id,
         .email = *email,
         .name = wanted.name,
         .role = *role,
         .teams = wanted.teams},
        by_the_command_line());
    if (!made) {
        return fail(made.error());
    }
    print_made(options, *made, "made");
    return kExitDone;
}

[[nodiscard]] int list(const CommonOptions& options) {
    const auto database = open_configured_database(options);
    if (!database) {
        return fail(database.error());
    }
    json::array users;
    if (!options.json) {
        std::printf("%-36s  %-28s  %-8s  %-8s  %s\n", "ID", "EMAIL", "ROLE", "STATE", "NAME");
    }
    for (std::string after;;) {
        const auto page =
            storage::list_users((*database)->session(), console::kDefaultOrg, after, kPage);
        if (!page) {
            return fail(page.error());
        }
        for (const storage::UserRow& user : *page) {
            after = user.id;
            if (options.json) {
                users.emplace_back(console::user_json(user));
                continue;
            }
            std::printf(
                "%-36s  %-28s  %-8s  %-8s  %s\n",
                user.id.c_str(),
                user.email.empty() ? "-" : user.email.c_str(),
                user.role.empty() ? "-" : user.role.c_str(),
                user.disabled_at     ? "disabled"
                : user.email.empty() ? "no login"
                                     : "valid",
                user.name.c_str());
        }
        if (page->size() < static_cast<std::size_t>(kPage)) {
            break;
        }
    }
    if (options.json) {
        std::printf("%s\n", json::serialize(users).c_str());
    }
    return kExitDone;
}

[[nodiscard]] int reset_password(const CommonOptions& options, const std::string& text) {
    const auto database = open_configured_database(options);
    if (!database) {
        return fail(database.error());
    }
    storage::sql::Session& session = (*database)->session();
    const auto email = console::normalized_email(text);
    if (!email) {
        return fail(Error{
            Errc::invalid_request,
            "`" + text + "` is no e-mail address; `pulse users list` shows them"});
    }
    const auto user = storage::find_user_by_email(session, *email);
    if (!user) {
        return fail(user.error());
    }
    if (!*user) {
        return fail(Error{
            Errc::not_found,
            "there is no user with the e-mail address " + *email +
                "; `pulse users list` shows them"});
    }
    console::PasswordHasher hasher;
    storage::AuditEntry who = by_the_command_line();
    who.org = (*user)->org;
    const auto made = console::set_password(session, hasher, (*user)->id, {}, who);
    if (!made) {
        return fail(made.error());
    }
    print_made(options, *made, "password set; sessions and login tokens of this user have ended");
    return kExitDone;
}

[[nodiscard]] int verify(const CommonOptions& options, const std::string& expected_hash) {
    const auto database = open_configured_database(options);
    if (!database) {
        return fail(database.error());
    }
    const auto verdict = storage::verify_audit((*database)->session(), expected_hash);
    if (!verdict) {
        return fail(verdict.error());
    }
    const bool is_intact = verdict->broken_seq == 0;
    if (options.json) {
        json::object out{
            {"intact", is_intact}, {"rows", verdict->rows}, {"last_hash", verdict->last_hash}};
        if (!is_intact) {
            out["broken_seq"] = verdict->broken_seq;
            out["reason"] = verdict->broken_how;
        }
        std::printf("%s\n", json::serialize(out).c_str());
    } else if (is_intact) {
        std::printf(
            "intact: %lld rows, last hash %s\n",
            static_cast<long long>(verdict->rows),
            verdict->last_hash.c_str());
    } else {
        std::printf(
            "BROKEN at row %lld: %s (%lld rows before it are intact)\n",
            static_cast<long long>(verdict->broken_seq),
            verdict->broken_how.c_str(),
            static_cast<long long>(verdict->rows));
    }
    return is_intact ? kExitDone : kExitFailed;
}

}  // namespace

storage::AuditEntry by_the_command_line() {
    storage::AuditEntry who;
    who.at = system_clock().now();
    who.org = console::kDefaultOrg;
    who.actor = system_user();
    who.actor_kind = "command_line";
    return who;
}

void add_people_commands(CLI::App& app, CommonOptions& options, int& code) {
    // They live as long as the parser, whose options point at them.
    const auto wanted = std::make_shared<UserOptions>();
    const auto text = std::make_shared<std::string>();
    CLI::App& users = *app.add_subcommand("users", "who may log in to the console");
    users.require_subcommand(1);
    CLI::App& create_command =
        add_command(users, options, "create", "make a user; the password is shown once");
    create_command.add_option("--email", wanted->email, "the login")->required();
    create_command.add_option("--role", wanted->role, "user, manager, finance or admin")
        ->capture_default_str();
    create_command.add_option("--name", wanted->name, "for people; else the e-mail address");
    create_command.add_option("--id", wanted->id, "what costs are attributed to; else one is made");
    create_command.add_option("--team", wanted->teams, "a team of theirs; may be repeated");
    create_command.callback([&options, &code, wanted] { code = create(options, *wanted); });
    add_command(users, options, "list", "all users").callback([&options, &code] {
        code = list(options);
    });
    CLI::App& reset = add_command(
        users, options, "reset-password", "a new password, shown once; the old one ends");
    reset.add_option("email", *text, "the user's e-mail address")->required();
    reset.callback([&options, &code, text] { code = reset_password(options, *text); });

    CLI::App& audit = *app.add_subcommand("audit", "the log of administrative changes");
    audit.require_subcommand(1);
    CLI::App& verify_command =
        add_command(audit, options, "verify", "walk the chain of hashes; 0 when it is intact");
    verify_command.add_option(
        "--expect-hash",
        *text,
        "a last hash noted before: must be in the chain, else its end was cut off");
    verify_command.callback([&options, &code, text] { code = verify(options, *text); });
}

}  // namespace pulse::app
