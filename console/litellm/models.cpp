#include "console/api/fields.h"
#include "console/litellm/json_writer.h"
#include "console/litellm/paths.h"

#include <boost/json/object.hpp>

namespace pulse::console::litellm {
namespace {

namespace json = boost::json;

[[nodiscard]] std::string entry_of(const OfferedModel& model) {
    const std::string target = model.provider + "/" + model.model;
    return JsonWriter{}
        .text("model_name", model.name)
        .value("litellm_params", json::object{{"model", target}})
        .value(
            "model_info",
            json::object{
                {"id", model.name + ":" + target},
                {"db_model", false},
                {"litellm_provider", model.provider},
                {"key", target}})
        .finish();
}

}  // namespace

Handle model_info(const RouteParts& parts) {
    return [models = parts.models](const Call& call) -> Result<HttpResponse> {
        auto query = QueryFields::read(call.http.query);
        if (!query) {
            return query.error();
        }
        const std::string wanted = query->text("litellm_model_id", 512);
        if (auto fine = query->finish(); !fine) {
            return fine.error();
        }
        std::string data = "[";
        for (const OfferedModel& model : models) {
            const std::string id = model.name + ":" + model.provider + "/" + model.model;
            if (wanted.empty() || wanted == id) {
                data.append(data.size() > 1 ? "," : "").append(entry_of(model));
            }
        }
        HttpResponse response;
        response.body = JsonWriter{}.raw("data", data + "]").finish();
        return response;
    };
}

}  // namespace pulse::console::litellm
