#include "gateway/exchange/operation.h"

#include <array>

namespace pulse::gateway {

namespace {

struct FixedPath {
    std::string_view path;
    Operation operation;
    std::string_view allow;
};

constexpr std::array kFixedPaths{
    FixedPath{"/", Operation::root, "GET, HEAD"},
    FixedPath{"/healthz", Operation::health, "GET, HEAD"},
    FixedPath{"/livez", Operation::health, "GET, HEAD"},
    FixedPath{"/health", Operation::health, "GET, HEAD"},
    FixedPath{"/health/liveliness", Operation::health, "GET, HEAD"},
    FixedPath{"/health/liveness", Operation::health, "GET, HEAD"},
    FixedPath{"/readyz", Operation::ready, "GET, HEAD"},
    FixedPath{"/health/readiness", Operation::ready, "GET, HEAD"},
};

struct CallPath {
    std::string_view path;  ///< behind `/v1`
    Api api;
};

constexpr std::array kCallPaths{
    CallPath{"/chat/completions", Api::chat_completions},
    CallPath{"/completions", Api::completions},
    CallPath{"/embeddings", Api::embeddings},
};

constexpr std::string_view kRequestsPath = "/pulse/requests/";
constexpr std::string_view kModelsPath = "/models/";

[[nodiscard]] bool take_prefix(std::string_view& path, std::string_view prefix) {
    if (!path.starts_with(prefix)) {
        return false;
    }
    path.remove_prefix(prefix.size());
    return true;
}

}  // namespace

Route find_route(std::string_view path) {
    while (path.starts_with("//")) {
        path.remove_prefix(1);
    }
    std::string_view versioned = path;
    if (take_prefix(versioned, "/openai/v1/") || take_prefix(versioned, "/v1/")) {
        versioned = path.substr(path.size() - versioned.size() - 1);
    }
    for (const CallPath& entry : kCallPaths) {
        if (versioned == entry.path) {
            return {Operation::model_call, entry.api, Dialect::openai, {}, entry.path, "POST"};
        }
    }
    if (versioned == "/models") {
        return {Operation::model_list, Api::models, Dialect::openai, {}, {}, "GET, HEAD"};
    }
    if (versioned.starts_with(kModelsPath) && versioned.size() > kModelsPath.size()) {
        return {
            Operation::model_detail,
            Api::models,
            Dialect::openai,
            versioned.substr(kModelsPath.size()),
            {},
            "GET, HEAD"};
    }
    if (versioned == "/messages/count_tokens") {
        return {Operation::token_count, Api::none, Dialect::anthropic, {}, {}, "POST"};
    }
    if (versioned == "/pulse/estimate") {
        return {Operation::cost_estimate, Api::none, Dialect::openai, {}, {}, "POST"};
    }
    if (versioned == "/pulse/key") {
        return {Operation::key_standing, Api::none, Dialect::openai, {}, {}, "GET"};
    }
    if (versioned.starts_with(kRequestsPath) && versioned.size() > kRequestsPath.size()) {
        return {
            Operation::request_lookup,
            Api::none,
            Dialect::openai,
            versioned.substr(kRequestsPath.size()),
            {},
            "GET"};
    }
    for (const FixedPath& entry : kFixedPaths) {
        if (path == entry.path) {
            return {entry.operation, Api::none, Dialect::openai, {}, {}, entry.allow};
        }
    }
    return {};
}

bool takes_method(const Route& route, std::string_view method) {
    if (method == "POST") {
        return route.allow == "POST";
    }
    return (method == "GET" && route.allow.starts_with("GET")) ||
           (method == "HEAD" && route.allow == "GET, HEAD");
}

bool needs_key(Operation operation) {
    switch (operation) {
        case Operation::unknown:
        case Operation::root:
        case Operation::health:
        case Operation::ready:
            return false;
        case Operation::model_call:
        case Operation::model_list:
        case Operation::model_detail:
        case Operation::key_standing:
        case Operation::cost_estimate:
        case Operation::token_count:
        case Operation::request_lookup:
            return true;
    }
    return true;
}

}  // namespace pulse::gateway
