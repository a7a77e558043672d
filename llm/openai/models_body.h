#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pulse::llm {

struct ModelListing {
    std::string id;
    std::string owned_by;
    std::int64_t created = 0;  ///< seconds since 1970
};

/// `{"object":"list","data":[{"id","object":"model","created","owned_by"}]}`
[[nodiscard]] std::string openai_model_list(const std::vector<ModelListing>& models);
[[nodiscard]] std::string openai_model(const ModelListing& model);

}  // namespace pulse::llm
