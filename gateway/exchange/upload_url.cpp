#include "gateway/exchange/upload_url.h"

namespace pulse::gateway {

namespace {

constexpr std::string_view kUpload = "/upload/";

/// What follows the authority of an absolute URL.
[[nodiscard]] std::string_view path_of(std::string_view url) {
    constexpr std::string_view kAuthority = "://";
    const std::size_t authority = url.find(kAuthority);
    if (authority == std::string_view::npos) {
        return url;
    }
    const std::size_t path = url.find('/', authority + kAuthority.size());
    return path == std::string_view::npos ? std::string_view{"/"} : url.substr(path);
}

}  // namespace

std::string upload_base(const net::Fields& fields, std::string_view path, bool is_tls) {
    const std::string_view host = fields.value("host");
    if (host.empty()) {
        return {};
    }
    const bool is_https = is_tls || net::iequals(fields.value("x-forwarded-proto"), "https");
    std::string base = is_https ? "https://" : "http://";
    base.append(host);
    const std::size_t mount_end = path.find(kUpload);
    const std::size_t mount_begin = path.find_first_not_of('/');
    if (mount_end != std::string_view::npos && mount_begin < mount_end) {
        base.append("/").append(path.substr(mount_begin, mount_end - mount_begin));
    }
    return base;
}

bool names_upload_url(std::string_view field_name) {
    return net::iequals(field_name, "x-goog-upload-url") ||
           net::iequals(field_name, "x-goog-upload-control-url") ||
           net::iequals(field_name, "location");
}

std::string upload_url_below(std::string_view base, std::string_view provider_url) {
    std::string_view path = path_of(provider_url);
    // The provider's base URL may have a path of its own, which Pulse puts before ours again.
    if (const std::size_t upload = path.find(kUpload); upload != std::string_view::npos) {
        path.remove_prefix(upload);
    }
    return std::string(base).append(path);
}

}  // namespace pulse::gateway
