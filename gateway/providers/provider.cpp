#include "gateway/providers/provider.h"

#include <algorithm>
#include <array>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace pulse::gateway {

namespace {

[[nodiscard]] bool is_field_text(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f;
    });
}

[[nodiscard]] bool is_loopback(std::string_view host) {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

void add_field(std::string& head, std::string_view name, std::string_view value) {
    head.append(name).append(": ").append(value).append("\r\n");
}

[[nodiscard]] Error bad(const ProviderSettings& settings, std::string_view what) {
    return Error(Errc::configuration, "providers." + settings.name + ": " + std::string(what));
}

[[nodiscard]] Result<void> set_endpoint(
    const ProviderSettings& settings, const UpstreamTimeouts& timeouts, Provider& provider) {
    const auto url = boost::urls::parse_uri(settings.base_url);
    if (!url || (url->scheme() != "https" && url->scheme() != "http") || url->host().empty()) {
        return bad(settings, "base_url must look like https://host/v1");
    }
    const bool is_tls = url->scheme() == "https";
    provider.endpoint.host = url->host_address();
    if (!is_tls && !settings.insecure && !is_loopback(provider.endpoint.host)) {
        return bad(settings, "base_url is plain http to another machine; use https or set `insecure: true`");
    }
    const unsigned default_port = is_tls ? 443 : 80;
    provider.endpoint.port = static_cast<std::uint16_t>(url->has_port() ? url->port_number() : default_port);
    if (provider.endpoint.port == 0) {
        return bad(settings, "base_url has no usable port");
    }
    if (is_tls) {
        auto tls = net::TlsContext::open_client(settings.ca);
        if (!tls) {
            return bad(settings, tls.error().detail());
        }
        provider.endpoint.tls = *std::move(tls);
    }
    provider.endpoint.connections_max = settings.connections_max;
    provider.endpoint.connect_timeout = timeouts.connect;
    provider.address.style = address_style(settings.kind);
    provider.address.base_path = std::string(url->encoded_path());
    while (provider.address.base_path.ends_with('/')) {
        provider.address.base_path.pop_back();
    }
    provider.address.api_version = settings.api_version;
    provider.address.deployments = settings.deployments;
    provider.address.project = settings.project;
    provider.address.location = settings.region;
    provider.ca_file = settings.ca.string();
    provider.pool_key = settings.name + '|' + settings.base_url + '|' + settings.ca.string() + '|' +
                        std::to_string(settings.connections_max);
    provider.host = std::string(url->encoded_host());
    if (provider.endpoint.port != default_port) {
        provider.host += ':' + std::to_string(provider.endpoint.port);
    }
    add_field(provider.fixed_head, "host", provider.host);
    return {};
}

/// OpenAI's regional addresses (`eu.api.openai.com`) and AWS's regions have prices of their own.
[[nodiscard]] std::string price_region_of(const ProviderSettings& settings, std::string_view host) {
    constexpr std::string_view kOpenAi = ".api.openai.com";
    if (settings.kind == "openai" && host.ends_with(kOpenAi)) {
        return std::string(host.substr(0, host.size() - kOpenAi.size()));
    }
    if (settings.kind == "bedrock") {
        return settings.region.empty() ? std::string(aws_region_of(host)) : settings.region;
    }
    return {};
}

}  // namespace

Dialect dialect_of_kind(std::string_view kind) {
    struct Row {
        std::string_view kind;
        Dialect dialect;
    };
    static constexpr std::array kRows{
        Row{"anthropic", Dialect::anthropic},
        Row{"gemini", Dialect::gemini},
        Row{"vertex", Dialect::gemini},
        Row{"bedrock", Dialect::bedrock},
        Row{"cohere", Dialect::cohere},
    };
    const auto* const row =
        std::find_if(kRows.begin(), kRows.end(), [kind](const Row& entry) { return entry.kind == kind; });
    return row == kRows.end() ? Dialect::openai : row->dialect;
}

bool drains_by_kind(std::string_view kind) {
    static constexpr std::array<std::string_view, 7> kDraining{
        "gemini", "vertex", "bedrock", "groq", "mistral", "perplexity", "huggingface"};
    return std::find(kDraining.begin(), kDraining.end(), kind) != kDraining.end();
}

Result<std::shared_ptr<const Provider>> make_provider(
    const ProviderSettings& settings,
    const UpstreamTimeouts& timeouts,
    std::size_t index,
    const ObtainCredential& obtain) {
    auto provider = std::make_shared<Provider>();
    provider->index = index;
    provider->name = settings.name;
    provider->kind = settings.kind;
    provider->dialect = dialect_of_kind(settings.kind);
    if (auto placed = set_endpoint(settings, timeouts, *provider); !placed) {
        return placed.error();
    }
    if (!is_field_text(settings.api_key)) {
        return bad(settings, "api_key holds a control character (a line break at its end?)");
    }
    if (obtain) {
        auto credential = obtain(
            {.provider = settings.name,
             .kind = settings.kind,
             .host = provider->endpoint.host,
             .api_key = settings.api_key,
             .region = settings.region,
             .credentials = settings.credentials});
        if (!credential) {
            return credential.error();
        }
        provider->credential = *std::move(credential);
    }
    for (const auto& [name, value] : settings.headers) {
        if (name.empty() || !is_field_text(name) || !is_field_text(value)) {
            return bad(settings, "headers: `" + name + "` is no header field");
        }
        add_field(provider->fixed_head, name, value);
    }
    add_field(provider->fixed_head, "accept-encoding", "identity");
    provider->forward_headers = settings.forward_headers;
    provider->models = settings.models;
    provider->drains_on_disconnect = settings.on_disconnect == OnDisconnect::by_kind
                                         ? drains_by_kind(settings.kind)
                                         : settings.on_disconnect == OnDisconnect::drain;
    provider->takes_usage_option = settings.usage_option == UsageOptionRule::automatic;
    if (!settings.prices.empty()) {
        provider->own_prices = pricing::Catalog::merged(pricing::Catalog{}, settings.prices);
    }
    provider->is_official = provider->endpoint.host.ends_with(".openai.com");
    provider->price_region = price_region_of(settings, provider->endpoint.host);
    provider->sandbox = settings.sandbox;
    return std::shared_ptr<const Provider>(std::move(provider));
}

}  // namespace pulse::gateway
