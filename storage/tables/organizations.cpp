#include "storage/tables/organizations.h"

#include "storage/tables/settings_version.h"

namespace pulse::storage {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, name, time_zone, created_at FROM organization WHERE id = $1";
constexpr std::string_view kSelectAll =
    "SELECT id, name, time_zone, created_at FROM organization ORDER BY id";
constexpr std::string_view kUpdate =
    "UPDATE organization SET name = $2, time_zone = $3 WHERE id = $1";
constexpr std::string_view kInsertSecret =
    "INSERT INTO installation_secret (name, secret, created_at) VALUES ($1, $2, $3)"
    " ON CONFLICT DO NOTHING";
constexpr std::string_view kSelectSecret = "SELECT secret FROM installation_secret WHERE name = $1";

[[nodiscard]] OrganizationRow read_organization(const sql::Row& row) {
    return {row.owned(0), row.owned(1), row.owned(2), row.time(3)};
}

}  // namespace

Result<std::optional<OrganizationRow>> find_organization(
    sql::Session& session, std::string_view id) {
    return sql::select_one(session, kSelect, {id}, read_organization);
}

Result<std::vector<OrganizationRow>> organizations(sql::Session& session) {
    return sql::select(session, kSelectAll, {}, read_organization);
}

Result<void> update_organization(sql::Session& session, const OrganizationRow& row) {
    const auto changed = session.run(kUpdate, {row.id, row.name, sql::or_null(row.time_zone)});
    if (!changed) {
        return changed.error();
    }
    if (*changed == 0) {
        return Error{Errc::not_found, "there is no organisation " + row.id};
    }
    return note_policy_change(session);
}

Result<std::string> installation_secret(
    sql::Session& session, std::string_view name, std::string_view proposed, TimePoint now) {
    if (auto made = session.run(kInsertSecret, {name, proposed, now}); !made) {
        return made.error();
    }
    const auto secret = sql::select_one(
        session, kSelectSecret, {name}, [](const sql::Row& row) { return row.owned(0); });
    if (!secret) {
        return secret.error();
    }
    if (!*secret) {
        return Error{Errc::storage_unavailable, "the installation's secret is gone"};
    }
    return **secret;
}

}  // namespace pulse::storage
