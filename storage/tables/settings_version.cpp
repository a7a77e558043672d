#include "storage/tables/settings_version.h"

#include "storage/sql/dialect.h"

#include <string>

namespace pulse::storage {
namespace {

constexpr std::string_view kBump =
    "UPDATE settings_version SET version = version + 1 WHERE name = $1";

[[nodiscard]] Result<void> bump(sql::Session& session, std::string_view name) {
    const auto bumped = session.run(kBump, {name});
    return bumped ? Result<void>{} : Result<void>{bumped.error()};
}

}  // namespace

Result<std::int64_t> keys_version(sql::Session& session) {
    // Both only grow, so their sum changes with each of them.
    const auto version = sql::select_one(
        session,
        "SELECT " + sql::count_of(session.engine(), "version") +
            " FROM settings_version WHERE name IN ('keys', 'policies')",
        {},
        [](const sql::Row& row) { return row.integer(0); });
    if (!version) {
        return version.error();
    }
    return version->value_or(0);
}

Result<void> note_key_change(sql::Session& session) {
    return bump(session, "keys");
}

Result<void> note_policy_change(sql::Session& session) {
    return bump(session, "policies");
}

}  // namespace pulse::storage
