#include "base/request_facts.h"

#include "base/assert.h"

namespace pulse {

std::string_view to_string(Api api) {
    switch (api) {
        case Api::none:
            return "none";
        case Api::chat_completions:
            return "chat.completions";
        case Api::completions:
            return "completions";
        case Api::embeddings:
            return "embeddings";
        case Api::models:
            return "models";
        case Api::responses:
            return "responses";
        case Api::responses_compact:
            return "responses.compact";
        case Api::response_object:
            return "responses.retrieve";
        case Api::input_tokens:
            return "responses.input_tokens";
        case Api::moderations:
            return "moderations";
        case Api::images:
            return "images";
        case Api::transcriptions:
            return "audio.transcriptions";
        case Api::translations:
            return "audio.translations";
        case Api::speech:
            return "audio.speech";
        case Api::files:
            return "files";
        case Api::batches:
            return "batches";
        case Api::uploads:
            return "uploads";
        case Api::assistants:
            return "assistants";
        case Api::realtime:
            return "realtime";
        case Api::messages:
            return "messages";
        case Api::message_batches:
            return "messages.batches";
        case Api::token_counting:
            return "count_tokens";
        case Api::generate_content:
            return "generateContent";
        case Api::embed_content:
            return "embedContent";
        case Api::predict:
            return "predict";
        case Api::raw_predict:
            return "rawPredict";
        case Api::interactions:
            return "interactions";
        case Api::cached_contents:
            return "cachedContents";
        case Api::converse:
            return "converse";
        case Api::invoke:
            return "invoke";
        case Api::cohere_chat:
            return "chat";
        case Api::cohere_generate:
            return "generate";
        case Api::cohere_embed:
            return "embed";
        case Api::rerank:
            return "rerank";
        case Api::ollama_chat:
            return "ollama.chat";
        case Api::ollama_generate:
            return "ollama.generate";
        case Api::ollama_embed:
            return "ollama.embed";
        case Api::generation:
            return "generation";
        case Api::predictions:
            return "predictions";
        case Api::other:
            return "other";
    }
    PULSE_ASSERT(false);
}

std::string_view to_string(Dialect dialect) {
    switch (dialect) {
        case Dialect::none:
            return "none";
        case Dialect::openai:
            return "openai";
        case Dialect::anthropic:
            return "anthropic";
        case Dialect::gemini:
            return "gemini";
        case Dialect::bedrock:
            return "bedrock";
        case Dialect::cohere:
            return "cohere";
    }
    PULSE_ASSERT(false);
}

}  // namespace pulse
