#include "storage/tables/detail/scoped_rows.h"

#include "storage/detail/text_list.h"
#include "storage/sql/dialect.h"
#include "storage/tables/conflict.h"
#include "storage/tables/settings_version.h"

namespace pulse::storage::detail {

std::string of_teams(
    sql::Engine engine, Where& where, std::string_view org, const std::vector<std::string>& teams) {
    const std::string of_org = where.value(org);
    const std::string listed = sql::texts_of(engine, where.value(text_list(teams)));
    return "((scope = 'team' AND scope_id IN " + listed +
           ") OR (scope = 'project' AND scope_id IN (SELECT p.id FROM project p WHERE p.org_id = " +
           of_org + " AND p.team IN " + listed +
           ")) OR (scope = 'key' AND scope_id IN (SELECT k.id FROM ai_gateway_key k"
           " WHERE k.org_id = " +
           of_org + " AND k.team IN " + listed + ")))";
}

Result<void> finish_change(
    sql::Session& session,
    std::int64_t changed,
    bool is_there,
    std::string_view what,
    const AuditEntry& audit) {
    if (changed == 0) {
        if (is_there) {
            return changed_meanwhile("this " + std::string{what});
        }
        return Error{Errc::not_found, "there is no " + std::string{what} + " with this id"};
    }
    if (auto appended = append_audit(session, audit); !appended) {
        return appended.error();
    }
    return note_policy_change(session);
}

}  // namespace pulse::storage::detail
