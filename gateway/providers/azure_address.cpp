#include "gateway/providers/azure_address.h"

#include "net/auth/percent.h"

#include <algorithm>

namespace pulse::gateway {

namespace {

/// The versions that the API without versions takes as a parameter.
[[nodiscard]] bool is_undated(std::string_view version) {
    return version.empty() || version == "v1" || version == "preview" || version == "latest";
}

/// Does the path of this API name the deployment? (Of the others the body does.)
[[nodiscard]] bool is_below_deployment(Api api) {
    switch (api) {
        case Api::chat_completions:
        case Api::completions:
        case Api::embeddings:
        case Api::images:
        case Api::transcriptions:
        case Api::translations:
        case Api::speech:
            return true;
        default:
            return false;
    }
}

/// The value of `api-version` in a caller's query; empty when there is none.
[[nodiscard]] std::string_view asked_version(std::string_view query) {
    static constexpr std::string_view kName = "api-version=";
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        if (pair.starts_with(kName)) {
            return pair.substr(kName.size());
        }
        query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    }
    return {};
}

}  // namespace

std::string_view azure_deployment(const ProviderAddress& address, std::string_view model) {
    const auto found = std::find_if(
        address.deployments.begin(), address.deployments.end(), [&](const auto& entry) {
            return entry.first == model;
        });
    return found == address.deployments.end() ? model : std::string_view(found->second);
}

void append_azure_path(std::string& out, const ProviderAddress& address, const AddressAsk& ask) {
    if (ask.native_path.starts_with("/openai/")) {
        out.append(ask.native_path);  // Azure's own, as a caller sent it
        return;
    }
    const std::string_view asked = asked_version(ask.query);
    const bool is_dated = !is_undated(asked.empty() ? address.api_version : asked);
    const std::string_view base = address.base_path;
    if (!base.empty() && base != "/openai" && !(base == "/openai/v1" && is_dated)) {
        // Whatever else the base URL names (`/models`, one deployment, `/openai/v1`) is meant.
        out.append(base).append(ask.native_path);
        return;
    }
    out.append("/openai");
    if (!is_dated) {
        out.append("/v1");
    } else if (is_below_deployment(ask.api)) {
        out.append("/deployments/");
        net::append_percent_encoded(out, azure_deployment(address, ask.model));
    }
    out.append(ask.native_path);
}

void append_azure_version(
    std::string& out, const ProviderAddress& address, const AddressAsk& ask, char separator) {
    const bool is_unversioned = ask.native_path.starts_with("/openai/v1/");
    if (asked_version(ask.query).empty() && !address.api_version.empty() &&
        (!is_unversioned || is_undated(address.api_version))) {
        out.push_back(separator);
        out.append("api-version=");
        net::append_percent_encoded(out, address.api_version);
    }
}

}  // namespace pulse::gateway
