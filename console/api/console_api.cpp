#include "console/api/console_api.h"

#include "base/log.h"
#include "base/uuid.h"
#include "console/access/authenticate.h"
#include "console/access/secret_text.h"
#include "console/api/browser_guard.h"
#include "storage/tables/organizations.h"

#include <chrono>

namespace pulse::console {
namespace {

[[nodiscard]] bool is_reading(std::string_view method) {
    return method == "GET" || method == "HEAD";
}

[[nodiscard]] std::string_view needed_role(Needs needs) {
    switch (needs) {
        case Needs::admin:
            return "admin";
        case Needs::finance:
            return "finance";
        case Needs::manager:
            return "manager";
        case Needs::team_manager:
            return "manager or admin";
        case Needs::user:
        case Needs::nobody:
            break;
    }
    return "user";
}

void log_answer(
    const HttpRequest& request,
    const HttpResponse& response,
    const Access& access,
    std::string_view request_id,
    std::chrono::microseconds duration) {
    const LogLevel level = response.status >= 500        ? LogLevel::error
                           : !is_reading(request.method) ? LogLevel::info
                                                         : LogLevel::debug;
    if (!is_logged(level)) {
        return;
    }
    // Never the query: it may hold what somebody searches for.
    log(level,
        "console request",
        {{"request_id", std::string{request_id}},
         {"method", request.method.substr(0, 16)},
         {"path", request.path.substr(0, 200)},
         {"status", std::to_string(response.status)},
         {"user", access.user},
         {"duration_us", std::to_string(duration.count())}});
}

}  // namespace

ConsoleApi::ConsoleApi(Parts parts)
    : parts_(std::move(parts)),
      stores_(parts_.open_store),
      passwords_(parts_.password_cost),
      throttle_(parts_.throttle),
      routes_(make_routes(
          {.build = parts_.build,
           .passwords = passwords_,
           .throttle = throttle_,
           .secret = [this]() -> const std::string& { return secret(); },
           .default_time_zone = parts_.default_time_zone,
           .models = parts_.models})) {}

HttpResponse ConsoleApi::answer(const HttpRequest& request) {
    const SteadyTime begin = parts_.clock.steady_now();
    const std::string request_id = UuidGenerator{}.next(parts_.clock.now()).to_string();
    Access access;
    Result<HttpResponse> dispatched = dispatch(request, access);
    if (!dispatched && error_response(dispatched.error()).status >= 500) {
        log_error(
            "console request failed",
            {{"request_id", request_id}, {"error", dispatched.error().detail()}});
    }
    HttpResponse response =
        dispatched ? *std::move(dispatched) : error_response(dispatched.error());
    add_safety_headers(response);
    response.fields.emplace_back("x-request-id", request_id);
    log_answer(
        request,
        response,
        access,
        request_id,
        std::chrono::duration_cast<std::chrono::microseconds>(parts_.clock.steady_now() - begin));
    return response;
}

Result<HttpResponse> ConsoleApi::dispatch(const HttpRequest& request, Access& access) {
    Match match = match_route(routes_, request.method, request.path);
    if (match.route == nullptr && match.allow.empty()) {
        return error_response(
            404, "not_found", "There is nothing at this path; /api/docs lists what is.");
    }
    if (match.route == nullptr) {
        HttpResponse refused =
            error_response(405, "method_not_allowed", "This path takes " + match.allow + ".");
        refused.fields.emplace_back("allow", match.allow);
        return refused;
    }
    const Route& route = *match.route;
    const Caller caller = parts_.caller_of(request);
    Call call{
        .http = request,
        .access = access,
        .caller = caller,
        .now = parts_.clock.now(),
        .steady_now = parts_.clock.steady_now(),
        .parameters = std::move(match.parameters)};
    if (!is_reading(request.method)) {
        if (auto same_origin = check_origin(request, caller); !same_origin) {
            return same_origin.error();
        }
    }
    if (route.store == Store::unused) {
        return route.handle(call);
    }
    const auto lease = stores_.lease();
    if (!lease) {
        return lease.error();
    }
    call.store = &lease->session();
    if (auto read = read_secret(*call.store); !read) {
        return read.error();
    }
    if (auto admitted = admit(request, route, call, access); !admitted) {
        if (admitted.error().code() != Errc::unauthenticated) {
            return admitted.error();
        }
        HttpResponse refused = error_response(admitted.error());
        refused.fields.emplace_back("www-authenticate", "Bearer");
        return refused;
    }
    return route.handle(call);
}

Result<void> ConsoleApi::admit(
    const HttpRequest& request, const Route& route, Call& call, Access& access) {
    if (route.needs == Needs::nobody) {
        return {};
    }
    auto found = authenticate(*call.store, credentials_of(request, secret()), call.now);
    if (!found) {
        return found.error();
    }
    if (!*found) {
        return Error{
            Errc::unauthenticated,
            "log in at /api/auth/login, or send `authorization: Bearer` with a token"};
    }
    access = **std::move(found);
    if (access.proof == Proof::session && !is_reading(request.method)) {
        const auto fits = is_csrf_token(*call.store, access, request.field("x-csrf-token"));
        if (!fits) {
            return fits.error();
        }
        if (!*fits) {
            return Error{
                Errc::forbidden, "send the token of /api/auth/csrf in the field x-csrf-token"};
        }
    }
    if (!may(access, route.needs)) {
        return Error{
            Errc::forbidden,
            "this needs the role " + std::string{needed_role(route.needs)} + "; yours is " +
                std::string{to_string(access.role)}};
    }
    return {};
}

Result<void> ConsoleApi::read_secret(storage::sql::Session& session) {
    const std::scoped_lock lock(secret_mutex_);
    if (secret_) {
        return {};
    }
    auto read = storage::installation_secret(
        session, "console", make_installation_secret(), parts_.clock.now());
    if (!read) {
        return read.error();
    }
    secret_ = *std::move(read);
    return {};
}

}  // namespace pulse::console
