#pragma once

#include "base/error.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulse::app {

/// One request over HTTP or HTTPS (certificates are verified): by default the GET of a document,
/// which follows three redirects.
struct FetchAsk {
    std::string url;
    std::string etag;                     ///< of what is there already; empty: none
    std::chrono::milliseconds timeout{};  ///< of the whole
    std::size_t bytes_max = 0;
    const std::atomic<bool>& cancelled;  ///< ends it within a second
    std::string method = "GET";
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    std::string ca_file = {};  ///< PEM; empty: the system's authorities
    long redirects_max = 3;    ///< 0: one is an answer like any other
    bool is_direct = false;    ///< goes past the proxies that the environment names
    /// Takes the body of a 2xx answer piece by piece instead of Fetched::body.
    std::function<void(std::string_view)> on_bytes = {};
};
struct Fetched {
    long status = 0;  ///< HTTP's
    std::string body;
    std::string etag;
};

/// Waits for the answer. Errors: upstream_unavailable, upstream_timeout, request_too_large (more
/// than bytes_max), each with the reason; an answer of any status is none.
[[nodiscard]] Result<Fetched> fetch(const FetchAsk& ask);

}  // namespace pulse::app
