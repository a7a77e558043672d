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
    model_call,     ///< goes to a provider; `api` says how
    model_list,     ///< `/v1/models`
    model_detail,   ///< `/v1/models/{id}`; `argument` is the id, percent-encoded as sent
    key_standing,   ///< `/v1/pulse/key`
    token_count,    ///< `/v1/messages/count_tokens`, answered here
    cost_estimate,  ///< `/v1/pulse/estimate`
    request_lookup  ///< `/v1/pulse/requests/{id}`; `argument` is the id
};

/// A path found in the table. Views point into the path.
struct Route {
    Operation operation = Operation::unknown;
    Api api = Api::none;
    Dialect dialect = Dialect::openai;  ///< of the answer
    std::string_view argument;
    std::string_view
        native_path;  ///< of model calls: what follows the provider's base URL, "/chat/completions"
    std::string_view allow;  ///< the methods it takes, as an Allow field says them
};

/// Finds a path; OpenAI's paths also without `/v1` and with the `/openai/v1` mount, leading slashes
/// collapsed.
[[nodiscard]] Route find_route(std::string_view path);

/// Is `method` one that the route takes?
[[nodiscard]] bool takes_method(const Route& route, std::string_view method);

/// The operation needs a caller's key.
[[nodiscard]] bool needs_key(Operation operation);

}  // namespace pulse::gateway
