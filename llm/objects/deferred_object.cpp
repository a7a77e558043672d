#include "llm/objects/deferred_object.h"

#include "llm/detail/json_document.h"
#include "llm/objects/object_references.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace pulse::llm {

namespace {

using namespace detail;

/// What the fields of an object of any shape say.
struct Fields {
    std::string status;
    std::string output_file;
    std::string error_file;
    std::string endpoint;
    std::string model;
    bool has_results = false;
    bool is_done = false;
    bool has_error = false;
    std::int64_t requests = 0;
    std::int64_t pending = 0;
    bool is_cancelled = false;
};

void take_text(std::string& out, ondemand::value& value) {
    std::string_view text;
    if (value.get_string().get(text) == simdjson::SUCCESS) {
        out = std::string(text);
    }
}

void take_number(std::int64_t& out, ondemand::value& value) {
    std::int64_t number = 0;
    if (value.get_int64().get(number) == simdjson::SUCCESS) {
        out = number;
    }
}

/// The counts of xAI's `state`.
[[nodiscard]] simdjson::error_code read_counts(Fields& fields, ondemand::value& value) {
    return for_each_field_of(value, [&fields](std::string_view key, ondemand::value& count) {
        if (key == "num_requests") {
            take_number(fields.requests, count);
        } else if (key == "num_pending") {
            take_number(fields.pending, count);
        }
        return simdjson::SUCCESS;
    });
}

[[nodiscard]] simdjson::error_code read_field(
    Fields& fields, std::string_view key, ondemand::value& value) {
    if (key == "status" || key == "processing_status") {
        take_text(fields.status, value);
    } else if (key == "state") {
        if (raw_token(value).starts_with('{')) {
            return read_counts(fields, value);
        }
        take_text(fields.status, value);
    } else if (key == "output_file_id" || key == "responsesFile") {
        take_text(fields.output_file, value);
    } else if (key == "error_file_id") {
        take_text(fields.error_file, value);
    } else if (key == "endpoint") {
        take_text(fields.endpoint, value);
    } else if (key == "model") {
        take_text(fields.model, value);
    } else if (key == "results_url") {
        fields.has_results = raw_token(value).starts_with('"');
    } else if (key == "cancel_time") {
        fields.is_cancelled = !is_null(value);
    } else if (key == "done") {
        fields.is_done = raw_token(value) == "true";
    } else if (key == "error") {
        fields.has_error = !is_null(value);
    } else if (key == "metadata" || key == "response" || key == "output") {
        // Gemini: the batch stands in the operation's metadata, its output in either.
        return for_each_field_of(value, [&fields](std::string_view name, ondemand::value& inner) {
            return read_field(fields, name, inner);
        });
    }
    return simdjson::SUCCESS;
}

[[nodiscard]] bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    std::string lower(word);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) {
        return static_cast<char>(std::tolower(c));
    });
    return std::find(words.begin(), words.end(), lower) != words.end();
}

[[nodiscard]] Api api_of_endpoint(std::string_view endpoint) {
    static constexpr std::array<std::pair<std::string_view, Api>, 7> kEndpoints{
        {{"/chat/completions", Api::chat_completions},
         {"/completions", Api::completions},
         {"/responses", Api::responses},
         {"/embeddings", Api::embeddings},
         {"/moderations", Api::moderations},
         {"/images/generations", Api::images},
         {"/images/edits", Api::images}}};
    for (const auto& [end, api] : kEndpoints) {
        if (endpoint.ends_with(end)) {
            return api;
        }
    }
    return Api::none;
}

/// "BATCH_STATE_SUCCEEDED" and "JOB_STATE_SUCCEEDED" are "succeeded".
[[nodiscard]] std::string_view gemini_state(std::string_view state) {
    const std::size_t at = state.find("_STATE_");
    return at == std::string_view::npos ? state : state.substr(at + 7);
}

void judge(DeferredShape shape, const Fields& fields, DeferredObject& object) {
    const std::string_view status = fields.status;
    switch (shape) {
        case DeferredShape::openai_batch:
            object.has_failed =
                is_one_of(status, {"failed", "expired", "cancelled", "canceled", "error"});
            object.is_done = object.has_failed || is_one_of(status, {"completed", "succeeded"});
            return;
        case DeferredShape::anthropic_batch:
            object.is_done = status == "ended";
            object.has_results = object.is_done && fields.has_results;
            object.item_api = Api::messages;
            return;
        case DeferredShape::gemini_batch:
            object.has_failed =
                fields.has_error ||
                is_one_of(gemini_state(status), {"failed", "cancelled", "canceled", "expired"});
            object.is_done = object.has_failed || fields.is_done ||
                             is_one_of(gemini_state(status), {"succeeded", "partially_succeeded"});
            object.item_api = Api::generate_content;
            return;
        case DeferredShape::xai_batch:
            // Its requests are added one by one: it is done when it has some and none waits.
            object.is_done = fields.pending == 0 && (fields.requests > 0 || fields.is_cancelled);
            object.has_failed = object.is_done && fields.is_cancelled;
            object.has_results = object.is_done && fields.requests > 0;
            object.status = object.has_failed ? "cancelled"
                            : object.is_done  ? "completed"
                                              : "pending";
            object.item_api = Api::chat_completions;
            return;
        case DeferredShape::background:
            object.has_failed = is_one_of(status, {"failed", "cancelled", "canceled", "expired"});
            object.is_done = !status.empty() && !is_one_of(status, {"queued", "in_progress"});
            return;
    }
}

}  // namespace

DeferredShape deferred_shape(Dialect dialect, Api api, std::string_view provider_kind) {
    if (api == Api::message_batches) {
        return DeferredShape::anthropic_batch;
    }
    if (api != Api::batches) {
        return DeferredShape::background;
    }
    if (dialect == Dialect::gemini) {
        return DeferredShape::gemini_batch;
    }
    return provider_kind == "xai" ? DeferredShape::xai_batch : DeferredShape::openai_batch;
}

std::optional<DeferredObject> read_deferred_object(DeferredShape shape, std::string_view body) {
    JsonDocument document;
    if (document.open(padded_copy(body)) != simdjson::SUCCESS) {
        return std::nullopt;
    }
    Fields fields;
    const auto error =
        for_each_field(document.object(), [&](std::string_view key, ondemand::value& value) {
            // A response's own output and metadata are the caller's words.
            const bool is_nested = key == "metadata" || key == "response" || key == "output";
            return is_nested && shape != DeferredShape::gemini_batch
                       ? simdjson::SUCCESS
                       : read_field(fields, key, value);
        });
    if (error) {
        return std::nullopt;
    }
    DeferredObject object;
    object.status = fields.status;
    object.output_file = fields.output_file;
    object.error_file = fields.error_file;
    object.model = std::string(object_id_of(fields.model));
    object.item_api = api_of_endpoint(fields.endpoint);
    judge(shape, fields, object);
    if (object.status.empty() && !object.is_done) {
        return std::nullopt;
    }
    return object;
}

}  // namespace pulse::llm
