#include "app/commands/command.h"
#include "app/commands/people.h"
#include "app/serve/first_start.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/hex.h"
#include "base/rfc3339.h"
#include "console/api/key_json.h"
#include "policy/access/key_directory.h"

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

[[nodiscard]] Result<void> apply(const NewKeyOptions& wanted, storage::KeyRow& row) {
    const std::pair<const std::string&, std::string&> fields[] = {
        {wanted.label, row.label},
        {wanted.org, row.org},
        {wanted.team, row.team},
        {wanted.project, row.project},
        {wanted.user, row.user},
        {wanted.app, row.app}};
    for (const auto& [value, field] : fields) {
        if (!value.empty()) {
            field = value;
        }
    }
    if (!wanted.policy.empty()) {
        const auto policy = policy::parse_policy(wanted.policy);
        if (!policy) {
            return Error(Errc::invalid_request, "--policy: " + policy.error().detail());
        }
        row.policy_json = policy::to_json(*policy);
    }
    if (!wanted.expires.empty()) {
        const auto expiry = parse_expiry(wanted.expires);
        if (!expiry) {
            return expiry.error();
        }
        row.expires_at = *expiry;
    }
    return {};
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
    std::printf("policy   %s\n", row.policy_json.c_str());
    std::printf(
        "state    %s\n",
        row.revoked_at   ? ("revoked " + rfc3339_seconds(*row.revoked_at)).c_str()
        : row.expires_at ? ("until " + rfc3339_seconds(*row.expires_at)).c_str()
                         : "valid");
    if (!text.empty()) {
        std::printf("key      %s   (shown once)\n", text.c_str());
    }
}

[[nodiscard]] storage::AuditEntry key_audit(std::string_view action, const storage::KeyRow& row) {
    storage::AuditEntry audit = by_the_command_line();
    audit.action = action;
    audit.target_kind = "key";
    audit.target_id = row.id;
    if (!row.org.empty()) {
        audit.org = row.org;
    }
    return audit;
}

/// Opens the database, finds the key, lets `change` work on it, stores and prints it.
template <class Change>
[[nodiscard]] int change_key(
    const CommonOptions& options, const std::string& id, std::string_view action, Change change) {
    auto database = open_configured_database(options);
    if (!database) {
        return fail(database.error());
    }
    auto row = storage::key((*database)->session(), id);
    if (!row) {
        return fail(row.error());
    }
    if (!row->has_value()) {
        return fail(Error(
            Errc::not_found,
            "there is no key with the id " + id + "; `pulse keys list` shows them"));
    }
    storage::AuditEntry audit = key_audit(action, **row);
    audit.before = json::serialize(console::key_json(**row));
    std::string text;
    if (auto changed = change(**row, text); !changed) {
        return fail(changed.error());
    }
    audit.after = json::serialize(console::key_json(**row));
    if (auto stored = storage::update_key((*database)->session(), **row, &audit); !stored) {
        return fail(stored.error());
    }
    print_key(options, **row, text);
    return kExitDone;
}

}  // namespace

int create_key(const CommonOptions& options, const NewKeyOptions& wanted) {
    auto database = open_configured_database(options);
    if (!database) {
        return fail(database.error());
    }
    const std::string text = policy::make_key();
    storage::KeyRow row = new_key_row(text, {});
    if (auto applied = apply(wanted, row); !applied) {
        return fail(applied.error());
    }
    storage::AuditEntry audit = key_audit("key.create", row);
    audit.after = json::serialize(console::key_json(row));
    if (auto inserted = storage::insert_key((*database)->session(), row, &audit); !inserted) {
        return fail(inserted.error());
    }
    print_key(options, row, text);
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
    return change_key(options, id, "key.update", [&](storage::KeyRow& row, std::string&) {
        return apply(wanted, row);
    });
}

int rotate_key(const CommonOptions& options, const std::string& id) {
    return change_key(
        options, id, "key.rotate", [](storage::KeyRow& row, std::string& text) -> Result<void> {
            text = policy::make_key();
            row.hash_hex = to_hex(sha256(text));
            row.prefix = policy::shown_prefix(text);
            return {};
        });
}

int revoke_key(const CommonOptions& options, const std::string& id) {
    return change_key(
        options, id, "key.revoke", [](storage::KeyRow& row, std::string&) -> Result<void> {
            if (!row.revoked_at) {
                row.revoked_at = system_clock().now();
            }
            return {};
        });
}

}  // namespace pulse::app
