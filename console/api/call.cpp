#include "console/api/call.h"

#include "base/assert.h"
#include "base/rfc3339.h"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <chrono>

namespace pulse::console {
namespace {

struct Shown {
    int status;
    std::string_view code;
    std::string_view message;  ///< instead of the error's own; empty: that
};

[[nodiscard]] Shown shown_as(Errc code) {
    switch (code) {
        case Errc::invalid_request:
            return {400, "invalid_request", {}};
        case Errc::unauthenticated:
            return {401, "unauthenticated", {}};
        case Errc::forbidden:
            return {403, "forbidden", {}};
        case Errc::not_found:
            return {404, "not_found", {}};
        case Errc::unsupported_media_type:
            return {415, "unsupported_media_type", {}};
        case Errc::request_too_large:
        case Errc::limit_exceeded:
            return {413, "request_too_large", {}};
        case Errc::rate_limited:
            return {429, "rate_limit_exceeded", {}};
        case Errc::overloaded:
            return {503, "overloaded", {}};
        case Errc::storage_unavailable:
            return {
                503, "storage_unavailable", "The database does not answer; try again in a moment."};
        default:
            return {500, "internal", "This is our fault; the log says more."};
    }
}

}  // namespace

const std::string& Call::parameter(std::string_view name) const {
    const auto found = std::find_if(
        parameters.begin(), parameters.end(), [&](const auto& one) { return one.first == name; });
    PULSE_ASSERT(found != parameters.end());
    return found->second;
}

storage::sql::Session& Call::session() const {
    PULSE_ASSERT(store != nullptr);
    return *store;
}

HttpResponse json_response(const boost::json::value& body, int status) {
    HttpResponse response;
    response.status = status;
    response.body = boost::json::serialize(body);
    return response;
}

HttpResponse no_content() {
    HttpResponse response;
    response.status = 204;
    return response;
}

HttpResponse error_response(const Error& error) {
    const Shown shown = shown_as(error.code());
    HttpResponse response = error_response(
        shown.status, shown.code, shown.message.empty() ? error.detail() : shown.message);
    auto wait = error.retry_after();
    if (!wait && error.code() == Errc::storage_unavailable) {
        wait = std::chrono::seconds{2};
    }
    if (wait) {
        response.fields.emplace_back(
            "retry-after",
            std::to_string(
                std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(*wait).count())));
    }
    return response;
}

storage::AuditEntry audit_entry(
    const Call& call,
    std::string_view action,
    std::string_view target_kind,
    std::string_view target_id) {
    storage::AuditEntry entry;
    entry.at = call.now;
    entry.org = call.access.org;
    entry.actor = call.access.user;
    entry.actor_kind = call.access.proof == Proof::personal_token ? "token" : "user";
    entry.address = call.caller.address;
    entry.action = action;
    entry.target_kind = target_kind;
    entry.target_id = target_id;
    return entry;
}

boost::json::value time_or_null(const std::optional<TimePoint>& time) {
    return time ? boost::json::value(rfc3339_seconds(*time)) : boost::json::value(nullptr);
}

boost::json::value text_or_null(std::string_view text) {
    return text.empty() ? boost::json::value(nullptr) : boost::json::value(text);
}

}  // namespace pulse::console
