#include "console/api/console_api.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace pulse::console {

HttpServer::Handler make_console_api(BuildInfo build) {
    const std::string build_info = boost::json::serialize(boost::json::object{
        {"version", build.version},
        {"commit", build.commit},
        {"built_at", build.built_at},
        {"compiler", build.compiler}});
    return [build_info](const HttpRequest& request) {
        const bool reads = request.method == "GET" || request.method == "HEAD";
        if (request.path != "/api/build-info") {
            return error_response(404, "not_found", "There is nothing at this path; /api/build-info is.");
        }
        if (!reads) {
            return error_response(405, "method_not_allowed", "This path takes GET.");
        }
        HttpResponse response;
        response.body = build_info;
        return response;
    };
}

}  // namespace pulse::console
