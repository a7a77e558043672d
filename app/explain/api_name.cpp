#include "app/explain/api_name.h"

#include <array>

namespace pulse::app {
namespace {

struct ApiName {
    std::string_view name;
    NamedApi api;
    std::string_view provider{};  ///< empty: any
};

// Rows with a provider stand in front of those without.
constexpr std::array kApiNames{
    ApiName{"chat.completions", {Api::chat_completions}},
    ApiName{"completions", {Api::completions}},
    ApiName{"embeddings", {Api::cohere_embed}, "cohere"},
    ApiName{"embeddings", {Api::embeddings}},
    ApiName{"embed", {Api::cohere_embed}, "cohere"},
    ApiName{"embed", {Api::ollama_embed}, "ollama"},
    ApiName{"models", {Api::models}},
    ApiName{"responses", {Api::responses}},
    ApiName{"responses.compact", {Api::responses_compact}},
    ApiName{"responses.retrieve", {Api::response_object}},
    ApiName{"responses.input_tokens", {Api::input_tokens}},
    ApiName{"moderations", {Api::moderations}},
    ApiName{"images", {Api::images}},
    ApiName{"audio.transcriptions", {Api::transcriptions}},
    ApiName{"audio.translations", {Api::translations}},
    ApiName{"audio.speech", {Api::speech}},
    ApiName{"files", {Api::files}},
    ApiName{"batches", {Api::batches}},
    ApiName{"uploads", {Api::uploads}},
    ApiName{"assistants.run", {Api::assistants}},
    ApiName{"assistants", {Api::assistants}},
    ApiName{"realtime", {Api::realtime}},
    ApiName{"messages", {Api::messages}},
    ApiName{"messages.batches", {Api::message_batches}},
    ApiName{"messages.count_tokens", {Api::token_counting}},
    ApiName{"count_tokens", {Api::token_counting}},
    ApiName{"countTokens", {Api::token_counting}},
    ApiName{"bedrock.count_tokens", {Api::token_counting}},
    ApiName{"generateContent", {Api::generate_content}},
    ApiName{"streamGenerateContent", {Api::generate_content, true}},
    ApiName{"embedContent", {Api::embed_content}},
    ApiName{"batchEmbedContents", {Api::embed_content}},
    ApiName{"predict", {Api::predict}},
    ApiName{"rawPredict", {Api::raw_predict}},
    ApiName{"streamRawPredict", {Api::raw_predict, true}},
    ApiName{"interactions", {Api::interactions}},
    ApiName{"cachedContents", {Api::cached_contents}},
    ApiName{"bedrock.converse", {Api::converse}},
    ApiName{"bedrock.converse-stream", {Api::converse, true}},
    ApiName{"bedrock.invoke", {Api::invoke}},
    ApiName{"bedrock.invoke-stream", {Api::invoke, true}},
    ApiName{"converse", {Api::converse}},
    ApiName{"converse-stream", {Api::converse, true}},
    ApiName{"invoke", {Api::invoke}},
    ApiName{"invoke-with-response-stream", {Api::invoke, true}},
    ApiName{"chat", {Api::cohere_chat}, "cohere"},
    ApiName{"chat", {Api::ollama_chat}, "ollama"},
    ApiName{"chat", {Api::chat_completions}},
    ApiName{"generate", {Api::ollama_generate}, "ollama"},
    ApiName{"generate", {Api::cohere_generate}},
    ApiName{"rerank", {Api::rerank}},
    ApiName{"ollama.chat", {Api::ollama_chat}},
    ApiName{"ollama.generate", {Api::ollama_generate}},
    ApiName{"ollama.embed", {Api::ollama_embed}},
    ApiName{"watsonx.generation", {Api::generation}},
    ApiName{"generation", {Api::generation}},
    ApiName{"predictions", {Api::predictions}},
    ApiName{"other", {Api::other}},
};

}  // namespace

std::optional<NamedApi> parse_api_name(std::string_view provider, std::string_view name) {
    for (const ApiName& known : kApiNames) {
        if (known.name == name && (known.provider.empty() || known.provider == provider)) {
            return known.api;
        }
    }
    return std::nullopt;
}

}  // namespace pulse::app
