#include "console/api/routes.h"

#include <boost/json/object.hpp>

namespace pulse::console {

namespace json = boost::json;

Handle answer_build_info(const BuildInfo& build) {
    const HttpResponse response = json_response(json::object{
        {"version", build.version},
        {"commit", build.commit},
        {"built_at", build.built_at},
        {"compiler", build.compiler}});
    return [response](const Call&) -> Result<HttpResponse> {
        return response;
    };
}

Result<HttpResponse> answer_alive(const Call& /*call*/) {
    return json_response(json::object{{"status", "ok"}});
}

Result<HttpResponse> answer_ready(const Call& call) {
    if (auto asked = call.session().each("SELECT 1", {}, [](const storage::sql::Row&) {}); !asked) {
        return asked.error();
    }
    return json_response(json::object{{"status", "ready"}});
}

}  // namespace pulse::console
