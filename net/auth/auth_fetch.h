#pragma once

#include "base/error.h"

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace pulse::net {

/// One request to a server that gives credentials out.
struct AuthRequest {
    /// Towards a machine's own metadata a proxy is never asked; elsewhere the usual variables hold.
    enum class Route { usual, direct };

    std::string method = "GET";
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    std::chrono::milliseconds timeout{10'000};  ///< of the whole
    Route route = Route::usual;
};

struct AuthAnswer {
    long status = 0;
    std::string body;
};

/// The largest answer that is read.
inline constexpr std::size_t kAuthAnswerBytesMax = std::size_t{256} * 1024;

/// Sends it and waits for the answer, on a thread that may wait; redirects are not followed. An
/// answer of any status is none of its errors: upstream_unavailable, upstream_timeout,
/// request_too_large.
using AuthFetch = std::function<Result<AuthAnswer>(const AuthRequest&)>;

}  // namespace pulse::net
