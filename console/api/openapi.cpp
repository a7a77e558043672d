#include "console/api/assets.h"
#include "console/api/browser_guard.h"
#include "console/api/routes.h"

namespace pulse::console {
namespace {

[[nodiscard]] HttpResponse answer_asset(const Asset& asset, const HttpRequest& request) {
    HttpResponse response;
    response.content_type = asset.content_type;
    response.fields.emplace_back("vary", "accept-encoding");
    if (request.field("accept-encoding").find("gzip") != std::string_view::npos) {
        response.fields.emplace_back("content-encoding", "gzip");
        response.body = asset.gzipped;
    } else {
        response.body = inflated(asset);
    }
    return response;
}

}  // namespace

Result<HttpResponse> answer_openapi(const Call& call) {
    return answer_asset(*find_asset("openapi.json"), call.http);
}

Result<HttpResponse> answer_docs(const Call& call) {
    // Relative addresses in the page need no more than its name.
    const std::string_view name = call.parameters.empty()
                                      ? std::string_view{"index.html"}
                                      : std::string_view{call.parameter("file")};
    const Asset* asset = name == "openapi.json" ? nullptr : find_asset(name);
    if (asset == nullptr) {
        return Error{Errc::not_found, "there is no such page; /api/docs is the first"};
    }
    HttpResponse response = answer_asset(*asset, call.http);
    response.fields.emplace_back("cache-control", "no-cache");
    // The viewer's icons are images within its style sheet.
    response.fields.emplace_back(
        "content-security-policy", std::string{kContentPolicy} + "; img-src 'self' data:");
    return response;
}

}  // namespace pulse::console
