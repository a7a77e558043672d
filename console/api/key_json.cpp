#include "console/api/key_json.h"

#include "console/api/call.h"

#include <boost/json/parse.hpp>

namespace pulse::console {

namespace json = boost::json;

namespace {

/// Null where there is none, or none that can be read: such a policy blocks its key, not the list.
[[nodiscard]] json::value json_or_null(const std::string& text) {
    boost::system::error_code failed;
    json::value value = text.empty() ? json::value(nullptr) : json::parse(text, failed);
    return failed ? json::value(nullptr) : value;
}

}  // namespace

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
        {"policy", json_or_null(row.policy_json)},
        {"metadata", json_or_null(row.metadata_json)},
        {"created_at", time_or_null(row.created_at)},
        {"expires_at", time_or_null(row.expires_at)},
        {"revoked_at", time_or_null(row.revoked_at)},
        {"version", row.version}};
}

}  // namespace pulse::console
