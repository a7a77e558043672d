#pragma once

#include "gateway/providers/address.h"

namespace pulse::gateway {

/// Appends Azure's path of a call in OpenAI's dialect, without its query.
/// Source: https://learn.microsoft.com/azure/ai-services/openai/reference and
/// …/api-version-lifecycle (the API without versions), read 2026-11-21.
void append_azure_path(std::string& out, const ProviderAddress& address, const AddressAsk& ask);

/// Appends `separator` and `api-version=` where the path needs one and the caller's query has none.
void append_azure_version(
    std::string& out, const ProviderAddress& address, const AddressAsk& ask, char separator);

/// The deployment of a model: what `deployments` says, else the model's own name.
[[nodiscard]] std::string_view azure_deployment(
    const ProviderAddress& address, std::string_view model);

}  // namespace pulse::gateway
