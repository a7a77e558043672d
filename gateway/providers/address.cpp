#include "gateway/providers/address.h"

#include "gateway/providers/azure_address.h"
#include "gateway/providers/vertex_address.h"
#include "net/auth/percent.h"

#include <algorithm>
#include <functional>

namespace pulse::gateway {

namespace {

/// The first segment with its slash: "/v1" of "/v1/messages".
[[nodiscard]] std::string_view first_segment(std::string_view path) {
    return path.substr(0, path.find('/', 1));
}

[[nodiscard]] bool is_version(std::string_view segment) {
    return segment.size() > 2 && segment.starts_with("/v") && segment[2] >= '0' &&
           segment[2] <= '9';
}

/// A base URL that ends in the version that the path begins with is meant once.
void append_below(std::string& out, std::string_view base, std::string_view path) {
    const std::string_view version = first_segment(path);
    out.append(base);
    out.append(is_version(version) && base.ends_with(version) ? path.substr(version.size()) : path);
}

/// The native path with the target's model in the place of the caller's.
[[nodiscard]] std::string with_model(const AddressAsk& ask) {
    const std::string_view path = ask.native_path;
    const std::string_view named = ask.path_model;
    const std::less_equal<const char*> before;
    const bool lies_within = !named.empty() && before(path.data(), named.data()) &&
                             before(named.data() + named.size(), path.data() + path.size());
    std::string out(ask.version);
    std::string sent;
    net::append_percent_decoded(sent, named);
    if (!lies_within || ask.model.empty() || sent == ask.model) {
        return out.append(path);
    }
    const auto at = static_cast<std::size_t>(named.data() - path.data());
    out.append(path.substr(0, at));
    // Vertex writes versions of partners' models with an '@', which a path may hold as it is.
    net::append_percent_encoded(out, ask.model, "@");
    return out.append(path.substr(at + named.size()));
}

void append_gemini(std::string& out, std::string_view base, std::string_view path) {
    const bool has_version = is_version(first_segment(path)) || path.starts_with("/upload/");
    if (has_version || is_version(base.substr(std::min(base.rfind('/'), base.size())))) {
        return append_below(out, base, path);
    }
    out.append(base).append("/v1beta").append(path);
}

void append_plain(std::string& out, std::string_view base, const AddressAsk& ask) {
    if (const std::size_t slash = base.rfind('/'); ask.at_root && slash != std::string_view::npos) {
        base = is_version(base.substr(slash)) ? base.substr(0, slash) : base;
    }
    if (ask.api == Api::rerank && ask.native_path == "/rerank" && base.empty()) {
        out.append("/v2");  // Cohere's own; compatible servers have it below their base URL
    }
    append_below(out, base, with_model(ask));
}

/// Whether a parameter of the caller's query goes to the provider.
[[nodiscard]] bool passes(std::string_view pair, AddressStyle style) {
    const std::string_view name = pair.substr(0, pair.find('='));
    return !name.empty() && name != "key" &&
           (style == AddressStyle::azure || name != "api-version");
}

[[nodiscard]] bool append_query(std::string& out, std::string_view query, AddressStyle style) {
    char separator = '?';
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        if (passes(pair, style)) {
            out.push_back(separator);
            out.append(pair);
            separator = '&';
        }
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    }
    return separator == '&';
}

}  // namespace

AddressStyle address_style(std::string_view kind) {
    static constexpr std::pair<std::string_view, AddressStyle> kStyles[] = {
        {"azure", AddressStyle::azure},
        {"gemini", AddressStyle::gemini},
        {"vertex", AddressStyle::vertex},
        {"bedrock", AddressStyle::bedrock}};
    for (const auto& [name, style] : kStyles) {
        if (kind == name) {
            return style;
        }
    }
    return AddressStyle::plain;
}

void append_target(std::string& out, const ProviderAddress& address, const AddressAsk& ask) {
    switch (address.style) {
        case AddressStyle::azure:
            append_azure_path(out, address, ask);
            break;
        case AddressStyle::gemini:
            append_gemini(out, address.base_path, with_model(ask));
            break;
        case AddressStyle::vertex:
            append_vertex_path(out, address, with_model(ask), ask.model);
            break;
        case AddressStyle::plain:
        case AddressStyle::bedrock:
            append_plain(out, address.base_path, ask);
            break;
    }
    const bool has_query = append_query(out, ask.query, address.style);
    if (address.style == AddressStyle::azure) {
        append_azure_version(out, address, ask, has_query ? '&' : '?');
    }
}

std::string_view name_in_body(const ProviderAddress& address, std::string_view model) {
    return address.style == AddressStyle::azure ? azure_deployment(address, model) : model;
}

std::string regional_base_url(std::string_view kind, std::string_view region) {
    std::string url;
    if (kind == "bedrock" && !region.empty()) {
        url.append("https://bedrock-runtime.").append(region).append(".amazonaws.com");
        url.append(region.starts_with("cn-") ? ".cn" : "");
    } else if (kind == "vertex") {
        // Source: Vertex AI "Locations", the global endpoint has no location in its name.
        url.append("https://");
        if (!region.empty() && region != "global") {
            url.append(region).append("-");
        }
        url.append("aiplatform.googleapis.com");
    }
    return url;
}

std::string_view aws_region_of(std::string_view host) {
    const std::size_t aws = host.find(".amazonaws.com");
    if (aws == std::string_view::npos) {
        return {};
    }
    // Interface endpoints stand in a zone of their own: vpce-0a1-b2.bedrock-runtime.REGION.vpce.…
    std::string_view names = host.substr(0, aws);
    if (names.ends_with(".vpce")) {
        names.remove_suffix(std::string_view(".vpce").size());
    }
    const std::size_t dot = names.rfind('.');
    const std::string_view region =
        dot == std::string_view::npos ? std::string_view{} : names.substr(dot + 1);
    return std::count(region.begin(), region.end(), '-') >= 2 ? region : std::string_view{};
}

}  // namespace pulse::gateway
