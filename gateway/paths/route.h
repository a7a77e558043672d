#pragma once

#include "base/request_facts.h"

#include <cstdint>
#include <string_view>

namespace pulse::gateway {

/// What a path of the data plane is for.
enum class Operation : std::uint8_t {
    unknown,
    root,    ///< `GET|HEAD /`
    health,  ///< alive: `/healthz`, `/livez`, `/health`, `/health/liveliness`, `/health/liveness`
    ready,   ///< takes traffic: `/readyz`, `/health/readiness`
    model_call,     ///< goes to a provider with a model's name; `api` says how
    object_call,    ///< goes to a provider without one: files, batches, stored responses, other native paths
    realtime,       ///< a WebSocket to a provider
    model_list,     ///< `/v1/models`
    model_detail,   ///< `/v1/models/{id}`; `argument` is the id, percent-encoded as sent
    key_standing,   ///< `/v1/pulse/key`
    token_count,    ///< `/v1/messages/count_tokens`, answered here where no provider does it
    cost_estimate,  ///< `/v1/pulse/estimate`
    request_lookup,  ///< `/v1/pulse/requests/{id}`; `argument` is the id
    closed,          ///< of the provider's account, or a way past the meter: never open to a caller's key
};

/// What a call has to do with objects that a provider keeps (files, batches, responses …). They belong to the key that
/// made them.
enum class ObjectUse : std::uint8_t {
    none,
    create,  ///< the answer's `id` names a new one
    collection,  ///< POST creates, GET lists: the key's own only
    item,    ///< the path names one: `argument`
};

/// A path found in the tables. Views point into the path.
struct Route {
    Operation operation = Operation::unknown;
    Api api = Api::none;
    Dialect dialect = Dialect::openai;  ///< of the answer
    std::string_view argument;          ///< the id that the path names
    std::string_view model;             ///< where the path names it, percent-encoded as sent
    std::string_view native_path;       ///< what follows the provider's base URL: "/chat/completions", "/v1/messages"
    std::string_view version;           ///< stands before native_path where the caller left it out: "/v1"
    std::string_view allow;             ///< the methods it takes, as an Allow field says them
    bool at_root = false;               ///< the path stands beside the base URL's version, not below it: Ollama's own API
    bool path_streams = false;          ///< the path, not the body, asks for a stream
    ObjectUse object = ObjectUse::none;
};

/// A prefix of the path that chooses the provider or the dialect before the rest is looked up.
struct Mount {
    std::string_view provider;         ///< of `/providers/{provider}/…`
    Dialect dialect = Dialect::none;   ///< of `/anthropic/…` and the like; none: the path decides
    std::string_view rest;             ///< the path behind it, with its slash
};

/// Leading slashes collapse. `/openai/v1/…` is OpenAI's dialect; other `/openai/…` is Azure's and no mount.
[[nodiscard]] Mount find_mount(std::string_view path);

/// Where two dialects share a path, what the caller sent decides.
struct DialectHints {
    bool anthropic = false;  ///< `anthropic-version` or `x-api-key` was sent
    bool gemini = false;     ///< `x-goog-api-key` or `?key=` was sent
};

/// Finds the path behind a mount. `dialect` other than none looks in that dialect's tables only (a mount said so).
/// OpenAI's paths are also known without `/v1`.
[[nodiscard]] Route find_route(std::string_view path, Dialect dialect = Dialect::none, DialectHints hints = {});

/// What `/providers/{name}` mounts.
struct MountedApi {
    Dialect dialect = Dialect::openai;
    bool is_azure = false;
    std::string_view base_path;  ///< of the provider's base URL
};

/// Finds a path below `/providers/{name}`: the provider's own, with or without the path of its base URL. One that is
/// in no table passes as it is; where it ends like a call that is known, it is metered like that.
[[nodiscard]] Route find_mounted_route(std::string_view path, std::string_view method, const MountedApi& api);

/// Is `method` one that the route takes?
[[nodiscard]] bool takes_method(const Route& route, std::string_view method);

/// It is answered by a provider.
[[nodiscard]] bool goes_to_provider(Operation operation);

/// Bodies of this path hold files or audio.
[[nodiscard]] bool takes_uploads(const Route& route);

/// The operation needs a caller's key.
[[nodiscard]] bool needs_key(Operation operation);

}  // namespace pulse::gateway
