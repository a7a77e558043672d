#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "console/access/access.h"
#include "console/api/http_server.h"
#include "storage/sql/session.h"
#include "storage/tables/audit.h"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulse::console {

/// Where a request comes from, once trusted proxies are looked through.
struct Caller {
    std::string address;
    bool is_https = false;
};

/// One request on its way to the function that answers it. Borrowed parts live as long as the
/// request.
struct Call {
    const HttpRequest& http;
    const Access& access;
    const Caller& caller;
    TimePoint now;
    SteadyTime steady_now;
    std::vector<std::pair<std::string_view, std::string>> parameters;  ///< of the path, decoded
    storage::sql::Session* store = nullptr;  ///< null where the route does without

    /// Of the path.
    [[nodiscard]] const std::string& parameter(std::string_view name) const;
    [[nodiscard]] storage::sql::Session& session() const;
};

[[nodiscard]] HttpResponse json_response(const boost::json::value& body, int status = 200);
/// 204, nothing more.
[[nodiscard]] HttpResponse no_content();

/// The answer to an Error: status and code by its Errc, its detail as the message, `Retry-After`
/// where it has one. What is the program's own trouble is not shown.
[[nodiscard]] HttpResponse error_response(const Error& error);

/// An entry of the audit log about what `call` changes.
[[nodiscard]] storage::AuditEntry audit_entry(
    const Call& call,
    std::string_view action,
    std::string_view target_kind,
    std::string_view target_id);

/// "2026-11-21T09:30:00Z", or null.
[[nodiscard]] boost::json::value time_or_null(const std::optional<TimePoint>& time);
[[nodiscard]] boost::json::value text_or_null(std::string_view text);

}  // namespace pulse::console
