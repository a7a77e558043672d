#include "storage/tables/audit.h"

#include "base/rfc3339.h"
#include "console/api/fields.h"
#include "console/api/page.h"
#include "console/api/routes.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <limits>

namespace pulse::console {
namespace {

namespace json = boost::json;
using storage::AuditRow;

[[nodiscard]] json::value json_or_null(const std::string& text) {
    boost::system::error_code failed;
    json::value value = text.empty() ? json::value(nullptr) : json::parse(text, failed);
    return failed ? json::value(nullptr) : value;
}

[[nodiscard]] json::object row_json(const AuditRow& row) {
    const storage::AuditEntry& entry = row.entry;
    return {
        {"seq", row.seq},
        {"at", rfc3339_micros(entry.at)},
        {"org", entry.org},
        {"actor", entry.actor},
        {"actor_kind", entry.actor_kind},
        {"address", text_or_null(entry.address)},
        {"action", entry.action},
        {"target_kind", entry.target_kind},
        {"target_id", entry.target_id},
        {"before", json_or_null(entry.before)},
        {"after", json_or_null(entry.after)},
        {"previous_hash", row.previous_hash},
        {"hash", row.hash}};
}

}  // namespace

Result<HttpResponse> list_audit_log(const Call& call) {
    auto query = QueryFields::read(call.http.query);
    if (!query) {
        return query.error();
    }
    storage::AuditFilter filter;
    filter.org = call.access.org;
    filter.from = query->time("from");
    filter.to = query->time("to");
    filter.actor = query->text("actor");
    filter.action = query->text("action");
    filter.target_kind = query->text("target_kind");
    filter.target_id = query->text("target_id");
    filter.before_seq = query->number("before", 0, 1, std::numeric_limits<std::int64_t>::max());
    const std::int64_t limit = page_limit(*query);
    filter.limit = limit + 1;
    if (auto fine = query->finish(); !fine) {
        return fine.error();
    }
    auto rows = storage::list_audit(call.session(), filter);
    if (!rows) {
        return rows.error();
    }
    const bool has_more = rows->size() > static_cast<std::size_t>(limit);
    rows->resize(std::min(rows->size(), static_cast<std::size_t>(limit)));
    json::array entries;
    for (const AuditRow& row : *rows) {
        entries.emplace_back(row_json(row));
    }
    return json_response(json::object{
        {"entries", std::move(entries)},
        {"next", has_more ? json::value(std::to_string(rows->back().seq)) : json::value(nullptr)}});
}

}  // namespace pulse::console
