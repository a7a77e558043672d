#include "llm/models_body.h"

#include "base/rfc3339.h"
#include "llm/detail/json_text.h"

#include <chrono>

namespace pulse::llm {
namespace {

void append_openai(const ModelListing& model, std::string& out) {
    out += R"({"id":)";
    detail::append_json_string(model.id, out);
    out += R"(,"object":"model","created":)";
    out += std::to_string(model.created);
    out += R"(,"owned_by":)";
    detail::append_json_string(model.owned_by, out);
    out += '}';
}

void append_anthropic(const ModelListing& model, std::string& out) {
    out += R"({"type":"model","id":)";
    detail::append_json_string(model.id, out);
    out += R"(,"display_name":)";
    detail::append_json_string(model.id, out);
    out += R"(,"created_at":)";
    detail::append_json_string(rfc3339_seconds(TimePoint{std::chrono::seconds{model.created}}), out);
    out += '}';
}

void append_gemini(const ModelListing& model, std::string& out) {
    out += R"({"name":)";
    detail::append_json_string("models/" + model.id, out);
    out += R"(,"baseModelId":)";
    detail::append_json_string(model.id, out);
    out += R"(,"displayName":)";
    detail::append_json_string(model.id, out);
    out += R"(,"supportedGenerationMethods":["generateContent","countTokens"]})";
}

void append_model(Dialect dialect, const ModelListing& model, std::string& out) {
    switch (dialect) {
        case Dialect::anthropic:
            return append_anthropic(model, out);
        case Dialect::gemini:
            return append_gemini(model, out);
        default:
            return append_openai(model, out);
    }
}

void append_id_or_null(std::string_view key, const ModelListing* model, std::string& out) {
    out += key;
    if (model == nullptr) {
        out += "null";
    } else {
        detail::append_json_string(model->id, out);
    }
}

}  // namespace

std::string model_list(Dialect dialect, const std::vector<ModelListing>& models, bool has_more) {
    std::string out = dialect == Dialect::gemini      ? R"({"models":[)"
                      : dialect == Dialect::anthropic ? R"({"data":[)"
                                                      : R"({"object":"list","data":[)";
    for (const ModelListing& model : models) {
        if (&model != models.data()) {
            out += ',';
        }
        append_model(dialect, model, out);
    }
    out += ']';
    if (dialect == Dialect::anthropic) {
        out += has_more ? R"(,"has_more":true)" : R"(,"has_more":false)";
        append_id_or_null(R"(,"first_id":)", models.empty() ? nullptr : &models.front(), out);
        append_id_or_null(R"(,"last_id":)", models.empty() ? nullptr : &models.back(), out);
    }
    out += '}';
    return out;
}

std::string model_detail(Dialect dialect, const ModelListing& model) {
    std::string out;
    append_model(dialect, model, out);
    return out;
}

}  // namespace pulse::llm
