#include "console/api/key_json.h"

#include "console/api/call.h"

#include <boost/json/parse.hpp>

namespace pulse::console {

namespace json = boost::json;

json::object key_json(const storage::KeyRow& row) {
    return {
        {"id", row.id},
        {"prefix", row.prefix},
        {"label", row.label},
        {"org", row.org},
        {"team", row.team},
        {"project", row.project},
        {"user", row.user},
        {"app", row.app},
        {"policy", json::parse(row.policy_json)},
        {"created_at", time_or_null(row.created_at)},
        {"expires_at", time_or_null(row.expires_at)},
        {"revoked_at", time_or_null(row.revoked_at)},
        {"version", row.version}};
}

}  // namespace pulse::console
