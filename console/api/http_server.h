#pragma once

#include "base/error.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulse::console {

/// A request of a browser, a script or a scraper.
struct HttpRequest {
    std::string method;
    std::string path;
    std::string query;
    std::string body;
    std::vector<std::pair<std::string, std::string>> fields;
    std::string peer;  ///< the other side's address, without its port

    /// The first field of that name, which is in lower case here; empty where there is none.
    [[nodiscard]] std::string_view field(std::string_view name) const;
};

struct HttpResponse {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> fields;
};

/// `{"error":{"code","message"}}` with the status.
[[nodiscard]] HttpResponse error_response(
    int status, std::string_view code, std::string_view message);

/// Answers requests with blocking code on a few threads of its own: for the console and for
/// scrapes, never for the data plane. Heads up to 16 KiB, bodies up to 1 MiB, 30 s a request, 1000
/// connections. Field names reach the handler in lower case. An exception of the handler is
/// answered with 500 and logged. Thread-safe.
class HttpServer {
public:
    using Handler = std::function<HttpResponse(const HttpRequest&)>;
    struct Settings {
        std::string host = "127.0.0.1";
        std::uint16_t port = 0;  ///< 0 picks one
        std::size_t threads = 2;
        std::string thread_name = "console";
    };

    /// Errors: configuration when the address cannot be bound.
    [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(
        Settings settings, Handler handler);
    virtual ~HttpServer() = default;
    [[nodiscard]] virtual std::uint16_t port() const = 0;
};

}  // namespace pulse::console
