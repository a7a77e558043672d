#pragma once

#include <string>

#include "console/api/http_server.h"

namespace pulse::console {

/// What `GET /api/build-info` says.
struct BuildInfo {
    std::string version;
    std::string commit;
    std::string built_at;
    std::string compiler;
};

/// The console's JSON over HTTP. Today: `/api/build-info`, open without login.
[[nodiscard]] HttpServer::Handler make_console_api(BuildInfo build);

}  // namespace pulse::console
