#include "app/config/base_url.h"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace pulse::app {
namespace {

[[nodiscard]] bool is_loopback(const boost::urls::url_view& url) {
    if (url.host_type() == boost::urls::host_type::ipv4) {
        return url.host_ipv4_address().is_loopback();
    }
    if (url.host_type() == boost::urls::host_type::ipv6) {
        return url.host_ipv6_address().is_loopback();
    }
    return url.host() == "localhost";
}

}  // namespace

std::string base_url_problem(const std::string& text, ClearText clear_text) {
    constexpr const char* kShape =
        "; allowed is https://HOST[:PORT][/PATH], such as https://api.openai.com/v1";
    const auto url = boost::urls::parse_uri(text);
    if (!url || (url->scheme() != "https" && url->scheme() != "http") ||
        url->encoded_host().empty()) {
        return std::string("is no base URL") + kShape;
    }
    if (!url->encoded_path().empty() && !url->encoded_path().starts_with('/')) {
        // Boost.URL 1.81 reads 127.0.0.1.example.com as the address 127.0.0.1 and a path
        // ".example.com".
        return "has a host that begins like an IPv4 address and is none";
    }
    if (url->has_userinfo()) {
        return "holds a user or password; the credential goes into api_key";
    }
    if (url->has_query() || url->has_fragment()) {
        return std::string("has a query or fragment") + kShape;
    }
    if (url->has_port() &&
        (url->port_number() == 0 || url->port() != std::to_string(url->port_number()))) {
        return "has a port that is none; allowed is 1 to 65535";
    }
    if (url->scheme() == "http" && clear_text == ClearText::loopback_only && !is_loopback(*url)) {
        return "would send the API key in the clear; allowed are https://, http:// to this "
               "machine, and http:// with "
               "`insecure: true`";
    }
    return {};
}

std::string document_url_problem(const std::string& text) {
    const auto url = boost::urls::parse_uri(text);
    if (!url || url->encoded_host().empty() || url->has_userinfo() ||
        (!url->encoded_path().empty() && !url->encoded_path().starts_with('/'))) {
        return "is no URL of a document; allowed is https://HOST[:PORT]/PATH, without a user";
    }
    const bool is_safe = url->scheme() == "https" || (url->scheme() == "http" && is_loopback(*url));
    return is_safe ? std::string{}
                   : "would bring what anybody on the way may change; allowed are https:// and "
                     "http:// to this machine";
}

std::string without_trailing_slash(std::string url) {
    while (url.ends_with('/')) {
        url.pop_back();
    }
    return url;
}

}  // namespace pulse::app
