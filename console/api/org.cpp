#include "console/api/fields.h"
#include "console/api/routes.h"
#include "policy/limits/window.h"
#include "storage/tables/organizations.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace pulse::console {
namespace {

namespace json = boost::json;
using storage::OrganizationRow;

[[nodiscard]] json::object org_json(const OrganizationRow& row, const std::string& otherwise) {
    return {
        {"id", row.id},
        {"name", row.name},
        {"time_zone", text_or_null(row.time_zone)},
        {"effective_time_zone", row.time_zone.empty() ? otherwise : row.time_zone},
        {"created_at", time_or_null(row.created_at)}};
}

[[nodiscard]] Result<OrganizationRow> own_org(const Call& call) {
    auto row = storage::find_organization(call.session(), call.access.org);
    if (!row) {
        return row.error();
    }
    if (!*row) {
        return Error{Errc::not_found, "your organisation is gone"};
    }
    return **std::move(row);
}

}  // namespace

Handle get_org(const RouteParts& parts) {
    return [parts](const Call& call) -> Result<HttpResponse> {
        const auto row = own_org(call);
        if (!row) {
            return row.error();
        }
        return json_response(org_json(*row, parts.default_time_zone));
    };
}

Handle patch_org(const RouteParts& parts) {
    return [parts](const Call& call) -> Result<HttpResponse> {
        auto body = BodyFields::read(call.http);
        if (!body) {
            return body.error();
        }
        const auto name = body->optional_text("name");
        const auto zone = body->optional_text("time_zone", {.bytes_max = 64, .may_be_null = true});
        if (zone && !zone->empty() && !policy::WindowCalendar::open(*zone)) {
            body->problem(
                "time_zone", "takes a zone of the IANA database such as Europe/Paris, or null");
        }
        if (auto fine = body->finish(); !fine) {
            return fine.error();
        }
        auto transaction = storage::sql::Transaction::begin(call.session());
        if (!transaction) {
            return transaction.error();
        }
        if (auto locked = storage::lock_audit(call.session()); !locked) {
            return locked.error();
        }
        auto row = own_org(call);
        if (!row) {
            return row.error();
        }
        storage::AuditEntry entry =
            audit_entry(call, "organization.update", "organization", row->id);
        entry.before = json::serialize(org_json(*row, parts.default_time_zone));
        row->name = name.value_or(row->name);
        row->time_zone = zone.value_or(row->time_zone);
        entry.after = json::serialize(org_json(*row, parts.default_time_zone));
        if (entry.before == entry.after) {
            return json_response(org_json(*row, parts.default_time_zone));
        }
        if (auto updated = storage::update_organization(call.session(), *row); !updated) {
            return updated.error();
        }
        if (auto appended = storage::append_audit(call.session(), entry); !appended) {
            return appended.error();
        }
        if (auto committed = transaction->commit(); !committed) {
            return committed.error();
        }
        return json_response(org_json(*row, parts.default_time_zone));
    };
}

}  // namespace pulse::console
