#include "app/serve/provider_fetch.h"

#include "base/clock.h"
#include "net/auth/sigv4.h"

#include <string>
#include <utility>
#include <vector>

namespace pulse::app {

namespace {

constexpr std::string_view kLineEnd = "\r\n";

/// The fields of a request's head, without its first line.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> fields_of(std::string_view head) {
    std::vector<std::pair<std::string, std::string>> fields;
    head.remove_prefix(head.find(kLineEnd) + kLineEnd.size());
    while (!head.empty()) {
        const std::size_t end = head.find(kLineEnd);
        const std::string_view line = head.substr(0, end);
        const std::size_t colon = line.find(':');
        if (colon != std::string_view::npos) {
            std::string_view value = line.substr(colon + 1);
            value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
            fields.emplace_back(line.substr(0, colon), value);
        }
        head =
            end == std::string_view::npos ? std::string_view{} : head.substr(end + kLineEnd.size());
    }
    return fields;
}

}  // namespace

Result<Fetched> fetch_from(const ProviderAsk& ask) {
    const gateway::Provider& provider = ask.provider;
    std::string target;
    gateway::append_target(target, provider.address, ask.address);
    std::string head = "GET " + target + " HTTP/1.1\r\n" + provider.fixed_head;
    if (provider.credential != nullptr) {
        net::SigV4Signer signer;
        auto signed_in = provider.credential->append_auth_fields(
            {.method = "GET",
             .target = target,
             .host = provider.host,
             .body = {},
             .now = system_clock().now()},
            signer,
            head);
        if (!signed_in) {
            return signed_in.error();
        }
    }
    const bool is_plain = provider.endpoint.tls == nullptr;
    return fetch(
        {.url = (is_plain ? "http://" : "https://") + provider.host + target,
         .etag = {},
         .timeout = ask.timeout,
         .bytes_max = ask.bytes_max,
         .cancelled = ask.cancelled,
         .headers = fields_of(head),
         .ca_file = provider.ca_file,
         .redirects_max = 0,
         .is_direct = true,  // as the gateway's own connections
         .on_bytes = ask.on_bytes});
}

}  // namespace pulse::app
