#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "storage/sql/session.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::storage {

struct OrganizationRow {
    std::string id;
    std::string name;
    std::string time_zone;  ///< IANA name; empty: the configuration's
    TimePoint created_at;
};

/// Errors: storage_unavailable.
[[nodiscard]] Result<std::optional<OrganizationRow>> find_organization(
    sql::Session& session, std::string_view id);
/// In the order of their ids. Errors: storage_unavailable.
[[nodiscard]] Result<std::vector<OrganizationRow>> organizations(sql::Session& session);
/// Replaces name and time zone, and changes keys_version(): windows follow the time zone. Within
/// the caller's transaction. Errors: not_found, storage_unavailable.
[[nodiscard]] Result<void> update_organization(sql::Session& session, const OrganizationRow& row);

/// 32 random bytes in hexadecimal that are this installation's own under `name`: `proposed` where
/// there are none yet. The same for all its processes. Errors: storage_unavailable.
[[nodiscard]] Result<std::string> installation_secret(
    sql::Session& session, std::string_view name, std::string_view proposed, TimePoint now);

}  // namespace pulse::storage
