#pragma once

#include "base/request_facts.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::llm {

struct ModelListing {
    std::string id;
    std::string owned_by;
    std::int64_t created = 0;  ///< seconds since 1970
};

/// The answer to a list of models in the caller's dialect, whole: OpenAI's `{"object":"list","data":[…]}`, Anthropic's
/// with `has_more`, Gemini's `{"models":[{"name":"models/…"}]}`.
/// Sources: https://platform.openai.com/docs/api-reference/models/list, https://docs.anthropic.com/en/api/models-list,
/// https://ai.google.dev/api/models
[[nodiscard]] std::string model_list(
    Dialect dialect, const std::vector<ModelListing>& models, bool has_more = false);

/// One model, as the list has it.
[[nodiscard]] std::string model_detail(Dialect dialect, const ModelListing& model);

}  // namespace pulse::llm
