#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "console/access/login_throttle.h"
#include "console/access/password.h"
#include "console/api/http_server.h"
#include "console/api/routes.h"
#include "console/api/store_pool.h"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace pulse::console {

/// The console's JSON over HTTP: finds the route, knows who asks, holds the route's need against
/// that, and answers. Every answer has the headers that browsers want to be safe, and an id that
/// the log names. Thread-safe.
class ConsoleApi {
public:
    struct Parts {
        BuildInfo build;
        const Clock& clock;
        StorePool::Open open_store;
        /// Looks through trusted proxies.
        std::function<Caller(const HttpRequest&)> caller_of;
        PasswordCost password_cost;
        LoginThrottle::Settings throttle;
        std::string default_time_zone = "UTC";
        std::vector<OfferedModel> models = {};  ///< that the configuration names
    };
    explicit ConsoleApi(Parts parts);

    [[nodiscard]] HttpResponse answer(const HttpRequest& request);
    [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

private:
    [[nodiscard]] Result<HttpResponse> dispatch(const HttpRequest& request, Access& access);
    [[nodiscard]] Result<void> admit(
        const HttpRequest& request, const Route& route, Call& call, Access& access);
    [[nodiscard]] Result<void> read_secret(storage::sql::Session& session);
    [[nodiscard]] const std::string& secret() const { return *secret_; }

    Parts parts_;
    StorePool stores_;
    PasswordHasher passwords_;
    LoginThrottle throttle_;
    std::mutex secret_mutex_;
    std::optional<std::string> secret_;  ///< written once, before any route reads it
    std::vector<Route> routes_;
};

}  // namespace pulse::console
