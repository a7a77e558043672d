#pragma once

#include "gateway/providers/address.h"

namespace pulse::gateway {

/// Appends Vertex's path of a call whose `path` is Gemini's (`/v1beta/models/{m}:{method}`) or
/// Vertex's own long one; `model` is the model's name, which tells whose it is. The settings'
/// project and location go before those of the caller's path; with no project at all the path has
/// neither, as an API key wants it. Source: https://cloud.google.com/vertex-ai/docs/reference/rest
/// and …/generative-ai/docs/start/express-mode, read 2026-11-21.
void append_vertex_path(
    std::string& out,
    const ProviderAddress& address,
    std::string_view path,
    std::string_view model);

}  // namespace pulse::gateway
