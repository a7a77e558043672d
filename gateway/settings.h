#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/http/server_connection.h"
#include "net/listener.h"
#include "policy/access/policy.h"
#include "pricing/catalog/catalog.h"

namespace pulse::gateway {

/// What happens to the provider's stream when the caller is gone.
enum class OnDisconnect { by_kind, cancel, drain };
/// Whether a stream's usage chunk is asked for.
enum class UsageOptionRule { automatic, never };

/// How much of a call's text is kept (`logging.content`; a key's policy may say otherwise).
enum class ContentLogging { none, redacted, full };

/// One entry of `providers:`, validated.
struct ProviderSettings {
    std::string name;
    std::string kind = "openai";
    std::string base_url;  ///< without a trailing slash
    std::string api_key;   ///< secret
    std::string api_version;  ///< Azure
    std::vector<std::pair<std::string, std::string>> deployments;  ///< Azure: model, deployment
    std::string region;       ///< AWS's region, Vertex's location
    std::string project;      ///< Vertex
    std::string credentials;  ///< where AWS's or Google's come from; see CredentialSettings
    std::vector<std::string> models;  ///< globs
    std::vector<std::pair<std::string, std::string>> headers;
    std::vector<std::string> forward_headers;
    std::vector<pricing::Model> prices;  ///< from `prices:`; id "*" gives a price to any name
    OnDisconnect on_disconnect = OnDisconnect::by_kind;
    UsageOptionRule usage_option = UsageOptionRule::automatic;
    std::size_t connections_max = 1000;
    std::filesystem::path ca;
    bool insecure = false;  ///< plain http to a host that is not loopback
    bool sandbox = false;   ///< the built-in one
};

/// Time-outs towards providers.
struct UpstreamTimeouts {
    std::chrono::milliseconds connect{3'000};
    std::chrono::milliseconds first_byte{120'000};
    std::chrono::milliseconds first_byte_buffered{600'000};
    std::chrono::milliseconds idle{120'000};
    std::chrono::milliseconds total{3'600'000};
    std::chrono::milliseconds drain{120'000};  ///< how long an answer is read on for its usage when the caller is gone
    friend bool operator==(const UpstreamTimeouts&, const UpstreamTimeouts&) = default;
};

/// One entry of `models:`.
struct VirtualModel {
    std::string name;
    std::string strategy = "fallback";
    struct Target {
        std::string provider;
        std::string model;
        std::int64_t weight = 1;
    };
    std::vector<Target> targets;
    UpstreamTimeouts timeouts;
};

/// Everything the data plane is told. Runtime form: validated, units applied.
struct GatewaySettings {
    net::ListenAddress listen{"127.0.0.1", 8080};
    std::size_t threads = 0;  ///< 0: one per core
    net::ServerLimits server;
    std::size_t body_memory = std::size_t{512} << 20;
    std::size_t answer_buffer = std::size_t{1} << 20;
    std::chrono::milliseconds shutdown_grace{30'000};
    std::vector<std::string> trusted_proxies;
    std::filesystem::path tls_certificate;
    std::filesystem::path tls_private_key;
    std::vector<std::string> cors_origins;  ///< empty: CORS off; "*" any
    UpstreamTimeouts timeouts;
    int budget_status = 429;
    policy::OnStoreFailure on_store_failure = policy::OnStoreFailure::lease;  ///< of policies that do not say
    bool unknown_model_blocked = false;  ///< pricing.unknown_model: block
    bool usage_cost = true;              ///< answers.usage_cost
    bool litellm_headers = true;         ///< answers.litellm_headers
    ContentLogging content_logging = ContentLogging::none;       ///< logging.content
    std::size_t content_bytes_max = std::size_t{64} * 1024;      ///< logging.content_limit, of a body
    std::vector<ProviderSettings> providers;
    std::vector<VirtualModel> models;
};

}  // namespace pulse::gateway
