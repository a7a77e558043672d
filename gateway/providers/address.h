#pragma once

#include "base/error.h"
#include "base/request_facts.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pulse::gateway {

/// How a provider's paths are made.
enum class AddressStyle : std::uint8_t {
    plain,  ///< base_url and the native path: OpenAI and its like, Anthropic, Cohere
    azure,  ///< `/openai/deployments/{deployment}/…?api-version=`, or `/openai/v1/…`
    gemini,
    vertex,   ///< `/{version}/projects/{p}/locations/{l}/publishers/{pub}/models/{m}:{method}`
    bedrock,  ///< `/model/{id}/{operation}`
};
[[nodiscard]] AddressStyle address_style(std::string_view kind);

/// What a provider's settings say about its paths. Value; not thread-safe.
struct ProviderAddress {
    AddressStyle style = AddressStyle::plain;
    std::string base_path;    ///< of base_url, without a trailing slash
    std::string api_version;  ///< Azure; empty: its API without versions, `/openai/v1/…`
    std::vector<std::pair<std::string, std::string>> deployments;  ///< Azure: model, deployment
    std::string project;   ///< Vertex; empty: the caller's, or an API key's own
    std::string location;  ///< Vertex; empty: the caller's, else "global"
};

/// A call as its path was found. Views.
struct AddressAsk {
    Api api = Api::none;
    std::string_view native_path{};  ///< what follows the provider's base URL; OpenAI's without `/v1`
    std::string_view version{};      ///< stands before it where the caller left it out: "/v1"
    std::string_view path_model{};   ///< the part of the path that names the model, as it was sent
    std::string_view model{};        ///< at the provider, not encoded; empty: the path stays
    bool at_root = false;          ///< beside the base URL's version, not below it
    std::string_view query{};        ///< the caller's, without '?'
};

/// Appends path and query as the request line to the provider has them. The caller's query passes
/// without `key` (a credential) and, outside Azure, `api-version`; the caller's own `api-version`
/// goes before the settings'. Pure.
void append_target(std::string& out, const ProviderAddress& address, const AddressAsk& ask);

/// The name that a body's `model` must have: Azure's deployment of a model, elsewhere the model.
[[nodiscard]] std::string_view name_in_body(const ProviderAddress& address, std::string_view model);

/// The base URL of kinds that have one for each region or location; empty for the others. `region`
/// is AWS's region or Vertex's location.
[[nodiscard]] std::string regional_base_url(std::string_view kind, std::string_view region);

/// "eu-west-1" of "bedrock-runtime.eu-west-1.amazonaws.com"; empty when the host names none.
[[nodiscard]] std::string_view aws_region_of(std::string_view host);

}  // namespace pulse::gateway
