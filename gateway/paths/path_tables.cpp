#include "gateway/paths/path_tables.h"

#include <array>

namespace pulse::gateway {

namespace {

using enum Operation;

constexpr std::string_view kGet = "GET";
constexpr std::string_view kAny = "GET, POST, DELETE";
constexpr std::string_view kGetPost = "GET, POST";
constexpr std::string_view kGetDelete = "GET, DELETE";

// Source: https://platform.openai.com/docs/api-reference. Closed are the paths that mint access for others to use
// unmetered, and those of the account.
constexpr std::array kOpenai{
    PathRow{"/chat/completions", model_call, Api::chat_completions},
    PathRow{"/embeddings", model_call, Api::embeddings},
    PathRow{"/completions", model_call, Api::completions},
    PathRow{"/responses", model_call, Api::responses, "POST", ObjectUse::create},
    PathRow{"/responses/compact", model_call, Api::responses_compact},
    PathRow{"/responses/input_tokens", model_call, Api::input_tokens},
    PathRow{"/responses/{id}", object_call, Api::response_object, kGetDelete, ObjectUse::item},
    PathRow{"/responses/{id}/cancel", object_call, Api::response_object, "POST", ObjectUse::item},
    PathRow{"/responses/{id}/input_items", object_call, Api::response_object, kGet, ObjectUse::item},
    PathRow{"/moderations", model_call, Api::moderations},
    PathRow{"/images/generations", model_call, Api::images},
    PathRow{"/images/edits", model_call, Api::images},
    PathRow{"/images/variations", model_call, Api::images},
    PathRow{"/audio/speech", model_call, Api::speech},
    PathRow{"/audio/transcriptions", model_call, Api::transcriptions},
    PathRow{"/audio/translations", model_call, Api::translations},
    PathRow{"/chat/completions/{id}", object_call, Api::response_object, kAny, ObjectUse::item},
    PathRow{"/chat/completions/{id}/messages", object_call, Api::response_object, kGet, ObjectUse::item},
    PathRow{"/files/{id}/content", object_call, Api::files, kGet, ObjectUse::item},
    PathRow{"/files/{id}", object_call, Api::files, kGetDelete, ObjectUse::item},
    PathRow{"/files", object_call, Api::files, kGetPost, ObjectUse::collection},
    PathRow{"/batches", object_call, Api::batches, kGetPost, ObjectUse::collection},
    PathRow{"/vector_stores", object_call, Api::other, kGetPost, ObjectUse::collection},
    PathRow{"/assistants", object_call, Api::assistants, kGetPost, ObjectUse::collection},
    PathRow{"/containers", object_call, Api::other, kGetPost, ObjectUse::collection},
    PathRow{"/uploads", object_call, Api::uploads, "POST", ObjectUse::create},
    PathRow{"/uploads/{id}/{}", object_call, Api::uploads, "POST", ObjectUse::item},
    PathRow{"/batches/{id}", object_call, Api::batches, kGet, ObjectUse::item},
    PathRow{"/batches/{id}/cancel", object_call, Api::batches, "POST", ObjectUse::item},
    PathRow{"/conversations", object_call, Api::other, "POST", ObjectUse::create},
    PathRow{"/conversations/{id}*", object_call, Api::other, kAny, ObjectUse::item},
    PathRow{"/vector_stores/{id}*", object_call, Api::other, kAny, ObjectUse::item},
    PathRow{"/assistants/{id}", object_call, Api::assistants, kAny, ObjectUse::item},
    PathRow{"/threads", object_call, Api::assistants, "POST", ObjectUse::create},
    PathRow{"/threads/{id}*", object_call, Api::assistants, kAny, ObjectUse::item},
    PathRow{"/containers/{id}*", object_call, Api::other, kAny, ObjectUse::item},
    PathRow{"/realtime", realtime, Api::realtime, kGet},
    PathRow{"/realtime/*", closed},
    PathRow{"/live/*", closed},
    PathRow{"/chatkit/*", closed},
    PathRow{"/fine_tuning/*", closed},
    PathRow{"/fine-tunes*", closed},
    PathRow{"/organization*", closed},
    PathRow{"/projects*", closed},
};

// Source: https://docs.anthropic.com/en/api
constexpr std::array kAnthropic{
    PathRow{"/v1/messages", model_call, Api::messages},
    PathRow{"/v1/messages/count_tokens", token_count, Api::token_counting},
    PathRow{"/v1/messages/batches", object_call, Api::message_batches, kGetPost, ObjectUse::collection},
    PathRow{"/v1/messages/batches/{id}", object_call, Api::message_batches, kGetDelete, ObjectUse::item},
    PathRow{"/v1/messages/batches/{id}/cancel", object_call, Api::message_batches, "POST", ObjectUse::item},
    PathRow{"/v1/messages/batches/{id}/results", object_call, Api::message_batches, kGet, ObjectUse::item},
    PathRow{"/v1/files", object_call, Api::files, kGetPost, ObjectUse::collection},
    PathRow{"/v1/files/{id}", object_call, Api::files, kGetDelete, ObjectUse::item},
    PathRow{"/v1/files/{id}/content", object_call, Api::files, kGet, ObjectUse::item},
    PathRow{"/v1/organizations*", closed},
    PathRow{"/v1/oauth*", closed},
};

// Source: https://ai.google.dev/api and https://cloud.google.com/vertex-ai/docs/reference/rest
constexpr std::array kGemini{
    PathRow{"/models/{model}:generateContent", model_call, Api::generate_content},
    PathRow{"/models/{model}:streamGenerateContent", model_call, Api::generate_content, "POST", ObjectUse::none, true},
    PathRow{"/models/{model}:countTokens", model_call, Api::token_counting},
    PathRow{"/models/{model}:embedContent", model_call, Api::embed_content},
    PathRow{"/models/{model}:batchEmbedContents", model_call, Api::embed_content},
    PathRow{"/models/{model}:predict", model_call, Api::predict},
    PathRow{"/models/{model}:batchGenerateContent", model_call, Api::batches, "POST", ObjectUse::create},
    PathRow{"/tunedModels/{model}:generateContent", model_call, Api::generate_content},
    PathRow{"/tunedModels/{model}:streamGenerateContent", model_call, Api::generate_content, "POST", ObjectUse::none, true},
    PathRow{"/projects/{}/locations/{}/publishers/{}/models/{model}:generateContent", model_call, Api::generate_content},
    PathRow{"/projects/{}/locations/{}/publishers/{}/models/{model}:streamGenerateContent", model_call,
            Api::generate_content, "POST", ObjectUse::none, true},
    PathRow{"/projects/{}/locations/{}/publishers/{}/models/count-tokens:rawPredict", model_call, Api::token_counting},
    PathRow{"/projects/{}/locations/{}/publishers/{}/models/{model}:rawPredict", model_call, Api::raw_predict},
    PathRow{"/projects/{}/locations/{}/publishers/{}/models/{model}:streamRawPredict", model_call, Api::raw_predict,
            "POST", ObjectUse::none, true},
    PathRow{"/projects/{}/locations/{}/publishers/{}/models/{model}:predict", model_call, Api::predict},
    PathRow{"/projects/{}/locations/{}/publishers/{}/models/{model}:countTokens", model_call, Api::token_counting},
    PathRow{"/projects/{}/locations/{}/publishers/{}/models/{model}:embedContent", model_call, Api::embed_content},
    PathRow{"/publishers/{}/models/{model}:generateContent", model_call, Api::generate_content},
    PathRow{"/publishers/{}/models/{model}:streamGenerateContent", model_call, Api::generate_content, "POST",
            ObjectUse::none, true},
    PathRow{"/publishers/{}/models/{model}:countTokens", model_call, Api::token_counting},
    PathRow{"/interactions", model_call, Api::interactions, "POST", ObjectUse::create},
    PathRow{"/interactions/{id}", object_call, Api::interactions, kGetDelete, ObjectUse::item},
    PathRow{"/interactions/{id}/cancel", object_call, Api::interactions, "POST", ObjectUse::item},
    PathRow{"/files", object_call, Api::files, kGet, ObjectUse::collection},
    PathRow{"/files/{id}:download", object_call, Api::files, kGet, ObjectUse::item},
    PathRow{"/files/{id}", object_call, Api::files, kGetDelete, ObjectUse::item},
    PathRow{"/cachedContents", object_call, Api::cached_contents, kGetPost, ObjectUse::collection},
    PathRow{"/cachedContents/{id}", object_call, Api::cached_contents, "GET, PATCH, DELETE", ObjectUse::item},
    PathRow{"/projects/{}/locations/{}/cachedContents", object_call, Api::cached_contents, kGetPost, ObjectUse::collection},
    PathRow{"/projects/{}/locations/{}/cachedContents/{id}", object_call, Api::cached_contents, "GET, PATCH, DELETE",
            ObjectUse::item},
    PathRow{"/batches/{id}", object_call, Api::batches, kGetDelete, ObjectUse::item},
    PathRow{"/batches/{id}:cancel", object_call, Api::batches, "POST", ObjectUse::item},
    PathRow{"/models", model_list, Api::models, "GET, HEAD"},
    PathRow{"/models/{id}", model_detail, Api::models, "GET, HEAD"},
    PathRow{"/auth_tokens*", closed},
    PathRow{"/tunedModels*", closed},
};

// Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html
constexpr std::array kBedrock{
    PathRow{"/model/{model}/converse", model_call, Api::converse},
    PathRow{"/model/{model}/converse-stream", model_call, Api::converse, "POST", ObjectUse::none, true},
    PathRow{"/model/{model}/invoke", model_call, Api::invoke},
    PathRow{"/model/{model}/invoke-with-response-stream", model_call, Api::invoke, "POST", ObjectUse::none, true},
    PathRow{"/model/{model}/count-tokens", model_call, Api::token_counting},
};

// Source: https://docs.cohere.com/reference/about
constexpr std::array kCohere{
    PathRow{"/v2/chat", model_call, Api::cohere_chat},
    PathRow{"/v1/chat", model_call, Api::cohere_chat},
    PathRow{"/v2/embed", model_call, Api::cohere_embed},
    PathRow{"/v1/embed", model_call, Api::cohere_embed},
    PathRow{"/v2/rerank", model_call, Api::rerank},
    PathRow{"/v1/rerank", model_call, Api::rerank},
    PathRow{"/rerank", model_call, Api::rerank},
    PathRow{"/v1/generate", model_call, Api::cohere_generate},
};

// Sources: https://github.com/ollama/ollama/blob/main/docs/api.md, https://cloud.ibm.com/apidocs/watsonx-ai,
// https://replicate.com/docs/reference/http
constexpr std::array kMounted{
    PathRow{"/api/chat", model_call, Api::ollama_chat},
    PathRow{"/api/generate", model_call, Api::ollama_generate},
    PathRow{"/api/embed", model_call, Api::ollama_embed},
    PathRow{"/api/embeddings", model_call, Api::ollama_embed},
    PathRow{"/ml/v1/text/generation", object_call, Api::generation, "POST"},
    PathRow{"/ml/v1/text/generation_stream", object_call, Api::generation, "POST", ObjectUse::none, true},
    PathRow{"/ml/v1-beta/generation/text", object_call, Api::generation, "POST"},
    PathRow{"/ml/v1-beta/generation/text_stream", object_call, Api::generation, "POST", ObjectUse::none, true},
    PathRow{"/ml/v1/text/chat", object_call, Api::generation, "POST"},
    PathRow{"/ml/v1/text/chat_stream", object_call, Api::generation, "POST", ObjectUse::none, true},
    PathRow{"/v1/predictions", object_call, Api::predictions, "POST", ObjectUse::create},
    PathRow{"/v1/models/{}/{}/predictions", object_call, Api::predictions, "POST", ObjectUse::create},
    PathRow{"/v1/predictions/{id}*", object_call, Api::predictions, kGetPost, ObjectUse::item},
    PathRow{"/api/pull", closed},
    PathRow{"/api/push", closed},
    PathRow{"/api/create", closed},
    PathRow{"/api/copy", closed},
    PathRow{"/api/delete", closed},
};

}  // namespace

std::span<const PathRow> openai_paths() {
    return kOpenai;
}
std::span<const PathRow> anthropic_paths() {
    return kAnthropic;
}
std::span<const PathRow> gemini_paths() {
    return kGemini;
}
std::span<const PathRow> bedrock_paths() {
    return kBedrock;
}
std::span<const PathRow> cohere_paths() {
    return kCohere;
}
std::span<const PathRow> mounted_paths() {
    return kMounted;
}

}  // namespace pulse::gateway
