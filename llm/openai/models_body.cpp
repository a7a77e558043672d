#include "llm/openai/models_body.h"

#include "llm/detail/json_text.h"

namespace pulse::llm {
namespace {

void append_model(const ModelListing& model, std::string& out) {
    out += R"({"id":)";
    detail::append_json_string(model.id, out);
    out += R"(,"object":"model","created":)";
    out += std::to_string(model.created);
    out += R"(,"owned_by":)";
    detail::append_json_string(model.owned_by, out);
    out += '}';
}

}  // namespace

std::string openai_model_list(const std::vector<ModelListing>& models) {
    std::string out = R"({"object":"list","data":[)";
    for (const ModelListing& model : models) {
        if (&model != models.data()) {
            out += ',';
        }
        append_model(model, out);
    }
    out += "]}";
    return out;
}

std::string openai_model(const ModelListing& model) {
    std::string out;
    append_model(model, out);
    return out;
}

}  // namespace pulse::llm
