#include "app/serve/auth_fetch.h"

#include "app/serve/fetch.h"

#include <utility>

namespace pulse::app {

Result<net::AuthAnswer> fetch_auth(
    const net::AuthRequest& request, const std::atomic<bool>& cancelled) {
    auto fetched = fetch(
        {.url = request.url,
         .etag = {},
         .timeout = request.timeout,
         .bytes_max = net::kAuthAnswerBytesMax,
         .cancelled = cancelled,
         .method = request.method,
         .headers = request.headers,
         .body = request.body,
         .redirects_max = 0,
         .is_direct = request.route == net::AuthRequest::Route::direct});
    if (!fetched) {
        return fetched.error();
    }
    return net::AuthAnswer{.status = fetched->status, .body = std::move(fetched->body)};
}

}  // namespace pulse::app
