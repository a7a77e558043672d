#pragma once

#include "gateway/paths/route.h"

#include <span>
#include <string_view>

namespace pulse::gateway {

/// A path of a provider's API that callers may use.
struct PathRow {
    std::string_view pattern;  ///< see matches_path()
    Operation operation = Operation::model_call;
    Api api = Api::none;
    std::string_view allow = "POST";
    ObjectUse object = ObjectUse::none;
    bool path_streams = false;
};

/// Rows by dialect, the frequent ones first; the first that matches holds. OpenAI's stand without `/v1`, Gemini's
/// without their version.
[[nodiscard]] std::span<const PathRow> openai_paths();
[[nodiscard]] std::span<const PathRow> anthropic_paths();
[[nodiscard]] std::span<const PathRow> gemini_paths();
[[nodiscard]] std::span<const PathRow> bedrock_paths();
[[nodiscard]] std::span<const PathRow> cohere_paths();
/// Native APIs that are no dialect of callers and are had under `/providers/{name}` only.
[[nodiscard]] std::span<const PathRow> mounted_paths();

}  // namespace pulse::gateway
