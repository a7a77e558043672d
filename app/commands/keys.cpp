#include "console/admin/keys.h"

#include "app/commands/command.h"
#include "app/commands/people.h"
#include "base/clock.h"
#include "base/rfc3339.h"
#include "console/api/key_json.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <cstdio>

namespace pulse::app {

namespace json = boost::json;

namespace {

/// "2027-01-31", "2027-01-31T12:00:00Z", or a duration from now: "30d", "12h".
[[nodiscard]] Result<TimePoint> parse_expiry(const std::string& text) {
    if (const auto time = parse_rfc3339(text)) {
        return *time;
    }
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string unit(end, text.data() + text.size());
    if (error == std::errc{} && count > 0 && count < 100'000 && (unit == "d" || unit == "h")) {
        return system_clock().now() + std::chrono::hours{unit == "d" ? count * 24 : count};
    }
    return Error(
        Errc::invalid_request,
        "--expires takes a date (2027-01-31), a time (2027-01-31T12:00:00Z) or 30d, 12h; not `" +
            text + "`");
}

/// "-" takes away what a key has.
[[nodiscard]] std::optional<std::string> field_of(const std::string& option) {
    if (option.empty()) {
        return std::nullopt;
    }
    return option == "-" ? std::string{} : option;
}

[[nodiscard]] Result<console::KeyFields> fields_of(const NewKeyOptions& wanted) {
    console::KeyFields fields;
    fields.label = field_of(wanted.label);
    fields.team = field_of(wanted.team);
    fields.project = field_of(wanted.project);
    fields.user = field_of(wanted.user);
    fields.app = field_of(wanted.app);
    if (const auto policy = field_of(wanted.policy)) {
        fields.policy_json = policy->empty() ? "{}" : *policy;
    }
    if (wanted.expires == "-") {
        fields.expires_at = std::optional<TimePoint>{};
    } else if (!wanted.expires.empty()) {
        const auto expiry = parse_expiry(wanted.expires);
        if (!expiry) {
            return expiry.error();
        }
        fields.expires_at = *expiry;
    }
    return fields;
}

void print_key(const CommonOptions& options, const storage::KeyRow& row, const std::string& text) {
    if (options.json) {
        json::object out = console::key_json(row);
        if (!text.empty()) {
            out["key"] = text;
        }
        std::printf("%s\n", json::serialize(out).c_str());
        return;
    }
    std::printf(
        "id       %s\nlabel    %s\nprefix   %s\n",
        row.id.c_str(),
        row.label.c_str(),
        row.prefix.c_str());
    const std::pair<const char*, const std::string&> owners[] = {
        {"org", row.org},
        {"team", row.team},
        {"project", row.project},
        {"user", row.user},
        {"app", row.app}};
    for (const auto& [name, value] : owners) {
        if (!value.empty()) {
            std::printf("%-8s %s\n", name, value.c_str());
        }
    }
    std::printf("policy   %s\n", row.policy_json.c_str());
    const bool is_expired = row.expires_at && *row.expires_at <= system_clock().now();
    std::printf(
        "state    %s\n",
        row.revoked_at   ? ("revoked " + rfc3339_seconds(*row.revoked_at)).c_str()
        : is_expired     ? ("expired " + rfc3339_seconds(*row.expires_at)).c_str()
        : row.expires_at ? ("until " + rfc3339_seconds(*row.expires_at)).c_str()
                         : "valid");
    if (!text.empty()) {
        std::printf("key      %s   (shown once)\n", text.c_str());
    }
}

/// Who changes a key of `org`.
[[nodiscard]] storage::AuditEntry who_for(const std::string& org) {
    storage::AuditEntry who = by_the_command_line();
    if (!org.empty()) {
        who.org = org;
    }
    return who;
}

/// Opens the database, finds the key, lets `change` work on it and prints what it gives: a key
/// with its secret, or without.
template <class Change>
[[nodiscard]] int change_key(const CommonOptions& options, const std::string& id, Change change) {
    auto database = open_configured_database(options);
    if (!database) {
        return fail(database.error());
    }
    storage::sql::Session& session = (*database)->session();
    const auto row = storage::key(session, id);
    if (!row) {
        return fail(row.error());
    }
    if (!row->has_value()) {
        return fail(Error(
            Errc::not_found,
            "there is no key with the id " + id + "; `pulse keys list` shows them"));
    }
    const Result<console::KeyWithSecret> changed = change(session, **row, who_for((*row)->org));
    if (!changed) {
        return fail(changed.error());
    }
    print_key(options, changed->row, changed->secret);
    return kExitDone;
}

[[nodiscard]] Result<console::KeyWithSecret> without_secret(const Result<storage::KeyRow>& row) {
    if (!row) {
        return row.error();
    }
    return console::KeyWithSecret{*row, {}};
}

}  // namespace

int create_key(const CommonOptions& options, const NewKeyOptions& wanted) {
    const auto fields = fields_of(wanted);
    if (!fields) {
        return fail(fields.error());
    }
    auto database = open_configured_database(options);
    if (!database) {
        return fail(database.error());
    }
    const auto made = console::create_key((*database)->session(), *fields, who_for(wanted.org));
    if (!made) {
        return fail(made.error());
    }
    print_key(options, made->row, made->secret);
    return kExitDone;
}

int list_keys(const CommonOptions& options) {
    auto database = open_configured_database(options);
    if (!database) {
        return fail(database.error());
    }
    const auto rows = storage::keys((*database)->session());
    if (!rows) {
        return fail(rows.error());
    }
    if (options.json) {
        json::array out;
        for (const storage::KeyRow& row : *rows) {
            out.push_back(console::key_json(row));
        }
        std::printf("%s\n", json::serialize(out).c_str());
        return kExitDone;
    }
    std::printf("%-36s  %-16s  %-8s  %s\n", "ID", "PREFIX", "STATE", "LABEL");
    const TimePoint now = system_clock().now();
    for (const storage::KeyRow& row : *rows) {
        const bool is_expired = row.expires_at && *row.expires_at <= now;
        std::printf(
            "%-36s  %-16s  %-8s  %s\n",
            row.id.c_str(),
            row.prefix.c_str(),
            row.revoked_at ? "revoked"
            : is_expired   ? "expired"
                           : "valid",
            row.label.c_str());
    }
    return kExitDone;
}

int show_key(const CommonOptions& options, const std::string& id) {
    auto database = open_configured_database(options);
    if (!database) {
        return fail(database.error());
    }
    const auto row = storage::key((*database)->session(), id);
    if (!row) {
        return fail(row.error());
    }
    if (!row->has_value()) {
        return fail(Error(
            Errc::not_found,
            "there is no key with the id " + id + "; `pulse keys list` shows them"));
    }
    print_key(options, **row, {});
    return kExitDone;
}

int update_key(const CommonOptions& options, const std::string& id, const NewKeyOptions& wanted) {
    const auto fields = fields_of(wanted);
    if (!fields) {
        return fail(fields.error());
    }
    return change_key(
        options,
        id,
        [&](storage::sql::Session& session,
            const storage::KeyRow& row,
            const storage::AuditEntry& who) {
            return without_secret(console::change_key(session, row.id, row.version, *fields, who));
        });
}

int rotate_key(const CommonOptions& options, const std::string& id) {
    return change_key(
        options,
        id,
        [](storage::sql::Session& session,
           const storage::KeyRow& row,
           const storage::AuditEntry& who) {
            return console::rotate_key(session, row.id, row.version, who);
        });
}

int revoke_key(const CommonOptions& options, const std::string& id) {
    return change_key(
        options,
        id,
        [](storage::sql::Session& session,
           const storage::KeyRow& row,
           const storage::AuditEntry& who) {
            return without_secret(console::revoke_key(session, row.id, who));
        });
}

}  // namespace pulse::app
