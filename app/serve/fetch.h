#pragma once

#include "base/error.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

namespace pulse::app {

/// One GET of a document over HTTP or HTTPS (certificates are verified; three redirects are
/// followed).
struct FetchAsk {
    std::string url;
    std::string etag;                     ///< of what is there already; empty: none
    std::chrono::milliseconds timeout{};  ///< of the whole
    std::size_t bytes_max = 0;
    const std::atomic<bool>& cancelled;  ///< ends it within a second
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
