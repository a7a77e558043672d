#include "app/serve/waiting_room.h"

#include "gateway/paths/route.h"
#include "llm/errors/error_body.h"

#include <utility>

namespace pulse::app {

namespace {

constexpr const char* kRetryAfterSeconds = "5";

[[nodiscard]] console::HttpResponse answer(const console::HttpRequest& request) {
    const gateway::Mount mount = gateway::find_mount(request.path);
    const bool is_anthropic =
        !request.field("anthropic-version").empty() || !request.field("x-api-key").empty();
    const gateway::Route route = gateway::find_route(
        mount.rest,
        mount.dialect,
        {.anthropic = is_anthropic, .gemini = !request.field("x-goog-api-key").empty()});
    console::HttpResponse response;
    if (route.operation == gateway::Operation::health) {
        response.body = R"({"status":"alive"})";
        return response;
    }
    const Error error{
        Errc::policy_unavailable, "Pulse waits for its database; try again in a few seconds."};
    response.status = 503;
    response.fields = {{"retry-after", kRetryAfterSeconds}, {"x-pulse-error-source", "pulse"}};
    if (route.operation == gateway::Operation::ready) {
        response.body = R"({"status":"not ready","reason":"the database is away"})";
        return response;
    }
    llm::append_error_body(route.dialect, error, response.status, {}, response.body);
    return response;
}

}  // namespace

Result<WaitingRoom> WaitingRoom::open(const Config& config) {
    if (!config.gateway.tls_certificate.empty()) {
        return WaitingRoom{nullptr};
    }
    auto server = console::HttpServer::start(
        {.host = config.gateway.listen.host,
         .port = config.gateway.listen.port,
         .threads = 1,
         .thread_name = "waiting"},
        &answer);
    if (!server) {
        return server.error();
    }
    return WaitingRoom{*std::move(server)};
}

}  // namespace pulse::app
