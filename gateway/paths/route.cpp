#include "gateway/paths/route.h"

#include "gateway/paths/path_pattern.h"
#include "gateway/paths/path_tables.h"

#include <algorithm>
#include <array>
#include <span>

namespace pulse::gateway {

namespace {

constexpr std::string_view kGetHead = "GET, HEAD";

struct FixedPath {
    std::string_view path;
    Operation operation;
    std::string_view allow;
};

constexpr std::array kFixedPaths{
    FixedPath{"/", Operation::root, kGetHead},
    FixedPath{"/healthz", Operation::health, kGetHead},
    FixedPath{"/livez", Operation::health, kGetHead},
    FixedPath{"/health", Operation::health, kGetHead},
    FixedPath{"/health/liveliness", Operation::health, kGetHead},
    FixedPath{"/health/liveness", Operation::health, kGetHead},
    FixedPath{"/readyz", Operation::ready, kGetHead},
    FixedPath{"/health/readiness", Operation::ready, kGetHead},
};

constexpr std::array<PathRow, 6> kPulsePaths{
    PathRow{"/pulse/estimate", Operation::cost_estimate},
    PathRow{"/pulse/key", Operation::key_standing, Api::none, "GET"},
    PathRow{"/pulse/requests/{id}", Operation::request_lookup, Api::none, "GET"},
    PathRow{"/models", Operation::model_list, Api::models, kGetHead},
    PathRow{"/models/{id}", Operation::model_detail, Api::models, kGetHead},
    // OpenRouter's and Hugging Face's names hold a slash, and clients send it as it is.
    PathRow{"/models/*", Operation::model_detail, Api::models, kGetHead},
};

struct KindMount {
    std::string_view prefix;
    Dialect dialect;
};

constexpr std::array kKindMounts{
    KindMount{"/anthropic/", Dialect::anthropic},
    KindMount{"/gemini/", Dialect::gemini},
    KindMount{"/vertex/", Dialect::gemini},
    KindMount{"/bedrock/", Dialect::bedrock},
    KindMount{"/cohere/", Dialect::cohere},
};

[[nodiscard]] bool take_prefix(std::string_view& path, std::string_view prefix) {
    if (!path.starts_with(prefix)) {
        return false;
    }
    path.remove_prefix(prefix.size());
    return true;
}

/// Takes "/v1" and the like off, up to the next slash. False: there is none.
[[nodiscard]] bool take_version(std::string_view& path, std::span<const std::string_view> versions) {
    for (const std::string_view version : versions) {
        if (path.starts_with(version) && path.substr(version.size()).starts_with('/')) {
            path.remove_prefix(version.size());
            return true;
        }
    }
    return false;
}

/// `pattern_offset` bytes of each pattern's begin are left out.
[[nodiscard]] Route search(
    std::span<const PathRow> rows,
    std::string_view path,
    std::string_view native,
    Dialect dialect,
    std::size_t pattern_offset = 0) {
    for (const PathRow& row : rows) {
        Captures captures;
        const std::string_view pattern = row.pattern.substr(std::min(pattern_offset, row.pattern.size()));
        if (matches_path(pattern, path, captures)) {
            Route route;
            route.operation = row.operation;
            route.api = row.api;
            route.dialect = dialect;
            route.argument = captures.id;
            route.model = captures.model;
            route.native_path = native;
            route.allow = row.allow;
            route.path_streams = row.path_streams;
            route.object = row.object;
            return route;
        }
    }
    return {};
}

[[nodiscard]] Route find_openai(std::string_view path) {
    std::string_view rest = path;
    if (!take_prefix(rest, "/v1/") && !take_prefix(rest, "/")) {
        return {};
    }
    rest = path.substr(path.size() - rest.size() - 1);
    return search(openai_paths(), rest, rest, Dialect::openai);
}

/// Azure's: `/openai/deployments/{name}/chat/completions`, and without a deployment `/openai/responses`.
[[nodiscard]] Route find_azure(std::string_view path) {
    if (!take_prefix(path, "/openai")) {
        return {};
    }
    std::string_view deployment;
    constexpr std::string_view kDeployments = "/deployments/";
    if (path.starts_with(kDeployments)) {
        path.remove_prefix(kDeployments.size());
        const std::size_t slash = path.find('/');
        if (slash == 0 || slash == std::string_view::npos) {
            return {};
        }
        deployment = path.substr(0, slash);
        path.remove_prefix(slash);
    }
    Route route = search(openai_paths(), path, path, Dialect::openai);
    if (route.operation == Operation::unknown && deployment.empty()) {
        route = search(kPulsePaths, path, {}, Dialect::openai);
    }
    route.model = deployment;
    return route;
}

[[nodiscard]] Route find_anthropic(std::string_view path) {
    if (!path.starts_with("/messages")) {
        return search(anthropic_paths(), path, path, Dialect::anthropic);
    }
    // So it comes from programs whose base URL ends in /v1.
    constexpr std::string_view kVersion = "/v1";
    Route route = search(anthropic_paths(), path, path, Dialect::anthropic, kVersion.size());
    route.version = kVersion;
    return route;
}

[[nodiscard]] Route find_gemini(std::string_view path) {
    static constexpr std::array<std::string_view, 4> kVersions{"/v1beta1", "/v1beta", "/v1alpha", "/v1"};
    std::string_view rest = path;
    if (take_prefix(rest, "/upload")) {
        static_cast<void>(take_version(rest, kVersions));
        if (rest == "/files") {
            Route route;
            route.operation = Operation::object_call;
            route.api = Api::files;
            route.dialect = Dialect::gemini;
            route.native_path = path;
            route.allow = "POST, PUT";
            route.object = ObjectUse::create;
            return route;
        }
        return {};
    }
    static_cast<void>(take_version(rest, kVersions));
    return search(gemini_paths(), rest, path, Dialect::gemini);
}

/// Paths that are nobody else's under /v1, or that the hints decide.
[[nodiscard]] bool is_gemini(std::string_view path, DialectHints hints) {
    if (path.starts_with("/v1beta") || path.starts_with("/v1alpha") || path.starts_with("/upload/") ||
        path.starts_with("/projects/") || path.starts_with("/v1/projects/")) {
        return true;
    }
    if (!path.starts_with("/v1/")) {
        return false;
    }
    const std::size_t slash = path.rfind('/');
    const bool has_method = path.find(':', slash) != std::string_view::npos;
    return has_method ? path.starts_with("/v1/models/") || path.starts_with("/v1/tunedModels/")
                      : hints.gemini;
}

[[nodiscard]] Route find_in(std::string_view path, Dialect dialect) {
    switch (dialect) {
        case Dialect::anthropic:
            return find_anthropic(path);
        case Dialect::gemini:
            return find_gemini(path);
        case Dialect::bedrock:
            return search(bedrock_paths(), path, path, Dialect::bedrock);
        case Dialect::cohere:
            return search(cohere_paths(), path, path, Dialect::cohere);
        case Dialect::openai:
        case Dialect::none:
            break;
    }
    Route route = find_openai(path);
    if (route.operation == Operation::unknown) {
        route = search(mounted_paths(), path, path, Dialect::openai);
        route.at_root = true;
    }
    return route;
}

[[nodiscard]] Route find_local(std::string_view path, DialectHints hints) {
    std::string_view rest = path;
    if (take_prefix(rest, "/v1/")) {
        rest = path.substr(path.size() - rest.size() - 1);
    }
    Route route = search(kPulsePaths, rest, {}, Dialect::openai);
    if (route.operation == Operation::model_detail) {
        route.argument = rest.substr(std::string_view{"/models/"}.size());
    }
    if (route.operation == Operation::model_list || route.operation == Operation::model_detail) {
        route.dialect = hints.anthropic ? Dialect::anthropic : Dialect::openai;
    }
    return route;
}

/// `path` without the provider's base path, or without the version that the base path ends with: both are written.
[[nodiscard]] std::string_view below_base(std::string_view path, std::string_view base) {
    if (!base.empty() && path.starts_with(base) && path.substr(base.size()).starts_with('/')) {
        return path.substr(base.size());
    }
    const std::size_t slash = base.rfind('/');
    const std::string_view last = slash == std::string_view::npos ? std::string_view{} : base.substr(slash);
    const bool is_version = last.size() > 2 && last[1] == 'v' && last[2] >= '0' && last[2] <= '9';
    if (is_version && path.starts_with(last) && path.substr(last.size()).starts_with('/')) {
        return path.substr(last.size());
    }
    return path;
}

/// A path that is in no table of the provider's dialect. OpenAI's APIs are served at many places
/// (`/beta/chat/completions`, Google's `/v1beta/openai/chat/completions`): what ends like one is one.
[[nodiscard]] Route native_route(std::string_view path, std::string_view method, Dialect dialect) {
    for (const PathRow& row : openai_paths()) {
        const bool is_call = row.operation == Operation::model_call && row.pattern.find('{') == std::string_view::npos;
        if (is_call && method == "POST" && path.ends_with(row.pattern)) {
            Route route = search(std::span(&row, 1), row.pattern, path, Dialect::openai);
            route.object = ObjectUse::none;
            return route;
        }
    }
    Route route;
    if (dialect == Dialect::openai && method == "POST" && path.ends_with("/chat")) {
        route.operation = Operation::model_call;  // Writer's name of the same API
        route.api = Api::chat_completions;
        route.native_path = path;
        route.allow = "POST";
        return route;
    }
    route.operation = method == "DELETE" && path.find("/models/") != std::string_view::npos ? Operation::closed
                                                                                            : Operation::object_call;
    route.api = Api::other;
    route.dialect = dialect;
    route.native_path = path;
    route.allow = "GET, HEAD, POST, PUT, PATCH, DELETE";
    return route;
}

}  // namespace

Mount find_mount(std::string_view path) {
    while (path.starts_with("//")) {
        path.remove_prefix(1);
    }
    constexpr std::string_view kProviders = "/providers/";
    if (path.starts_with(kProviders)) {
        const std::size_t slash = path.find('/', kProviders.size());
        if (slash != std::string_view::npos && slash > kProviders.size()) {
            return {path.substr(kProviders.size(), slash - kProviders.size()), Dialect::none, path.substr(slash)};
        }
    }
    constexpr std::string_view kOpenai = "/openai/v1/";
    if (path.starts_with(kOpenai)) {
        return {{}, Dialect::openai, path.substr(std::string_view{"/openai"}.size())};
    }
    for (const KindMount& mount : kKindMounts) {
        if (path.starts_with(mount.prefix)) {
            return {{}, mount.dialect, path.substr(mount.prefix.size() - 1)};
        }
    }
    return {{}, Dialect::none, path};
}

Route find_route(std::string_view path, Dialect dialect, DialectHints hints) {
    if (dialect != Dialect::none) {
        const Route route = find_in(path, dialect);
        return route.operation == Operation::unknown ? find_local(path, {.anthropic = dialect == Dialect::anthropic})
                                                     : route;
    }
    // The frequent ones first.
    if (!is_gemini(path, hints)) {
        if (hints.anthropic && path.starts_with("/v1/files")) {
            return find_anthropic(path);
        }
        if (const Route route = find_openai(path); route.operation != Operation::unknown) {
            return route;
        }
    } else if (const Route route = find_gemini(path); route.operation != Operation::unknown) {
        return route;
    }
    for (const auto find : {find_anthropic, find_azure}) {
        if (const Route route = find(path); route.operation != Operation::unknown) {
            return route;
        }
    }
    if (const Route route = search(bedrock_paths(), path, path, Dialect::bedrock);
        route.operation != Operation::unknown) {
        return route;
    }
    if (const Route route = search(cohere_paths(), path, path, Dialect::cohere);
        route.operation != Operation::unknown) {
        return route;
    }
    if (const Route route = find_local(path, hints); route.operation != Operation::unknown) {
        return route;
    }
    for (const FixedPath& entry : kFixedPaths) {
        if (path == entry.path) {
            Route route;
            route.operation = entry.operation;
            route.allow = entry.allow;
            return route;
        }
    }
    return {};
}

Route find_mounted_route(std::string_view path, std::string_view method, const MountedApi& api) {
    path = below_base(path, api.base_path);
    Route route = api.is_azure ? find_azure(path) : Route{};
    if (route.operation == Operation::unknown) {
        route = find_in(path, api.dialect);
        if (route.operation != Operation::unknown && api.dialect == Dialect::openai && !route.at_root) {
            route.native_path = path;
        }
    }
    // The provider's own list, and what is no GET there, is the provider's matter.
    const bool is_local = route.operation == Operation::model_list || route.operation == Operation::model_detail;
    if (route.operation != Operation::unknown && !is_local && takes_method(route, method)) {
        return route;
    }
    if (route.operation == Operation::closed) {
        return route;
    }
    if (const Route own = search(kPulsePaths, path, {}, api.dialect);
        own.operation == Operation::key_standing || own.operation == Operation::cost_estimate ||
        own.operation == Operation::request_lookup) {
        return own;
    }
    return native_route(path, method, api.dialect);
}

bool takes_method(const Route& route, std::string_view method) {
    std::string_view allowed = route.allow;
    while (!allowed.empty()) {
        const std::size_t comma = allowed.find(',');
        if (allowed.substr(0, comma) == method) {
            return true;
        }
        allowed = comma == std::string_view::npos ? std::string_view{} : allowed.substr(comma + 2);
    }
    return false;
}

bool goes_to_provider(Operation operation) {
    return operation == Operation::model_call || operation == Operation::object_call ||
           operation == Operation::realtime;
}

bool takes_uploads(const Route& route) {
    switch (route.api) {
        case Api::transcriptions:
        case Api::translations:
        case Api::images:
        case Api::files:
        case Api::uploads:
        case Api::message_batches:
            return true;
        default:
            return false;
    }
}

bool needs_key(Operation operation) {
    switch (operation) {
        case Operation::unknown:
        case Operation::root:
        case Operation::health:
        case Operation::ready:
            return false;
        case Operation::model_call:
        case Operation::object_call:
        case Operation::realtime:
        case Operation::model_list:
        case Operation::model_detail:
        case Operation::key_standing:
        case Operation::cost_estimate:
        case Operation::token_count:
        case Operation::request_lookup:
        case Operation::closed:
            return true;
    }
    return true;
}

}  // namespace pulse::gateway
