#include "app/config/provider_kinds.h"

#include <array>

namespace pulse::app {
namespace {

// Source: base URLs agree with the `api_pattern`s of @pydantic/genai-prices 0.1.8 (read
// 2026-08-01), the variables are those of the vendors' own SDKs. The globs are the vendors' naming
// families: a name outside them still reaches a provider by its price or as `provider/model`.
constexpr std::array<std::string_view, 11> kOpenaiModels{
    "gpt-*",
    "chatgpt-*",
    "o1*",
    "o3*",
    "o4*",
    "codex-*",
    "computer-use-*",
    "text-embedding-3-*",
    "text-embedding-ada-*",
    "davinci-*",
    "babbage-*"};
constexpr std::array<std::string_view, 9> kMistralModels{
    "mistral-*",
    "ministral-*",
    "magistral-*",
    "codestral*",
    "devstral-*",
    "pixtral-*",
    "voxtral-*",
    "open-mistral-*",
    "open-mixtral-*"};
constexpr std::array<std::string_view, 4> kGroqModels{
    "llama-3.*", "llama3-*", "gemma2-*", "compound-beta*"};
constexpr std::array<std::string_view, 1> kDeepseekModels{"deepseek-*"};
constexpr std::array<std::string_view, 1> kXaiModels{"grok-*"};
constexpr std::array<std::string_view, 2> kPerplexityModels{"sonar", "sonar-*"};
constexpr std::array<std::string_view, 1> kAnthropicModels{"claude-*"};
constexpr std::array<std::string_view, 3> kGeminiModels{"gemini-*", "gemma-*", "imagen-*"};
constexpr std::array<std::string_view, 4> kCohereModels{"command*", "c4ai-*", "embed-*", "rerank-*"};
constexpr std::array<std::string_view, 2> kVoyageModels{"voyage-*", "rerank-2*"};
constexpr std::span<const std::string_view> kNone{};

constexpr std::array kKinds{
    ProviderKind{"openai", "https://api.openai.com/v1", "OPENAI_API_KEY", "", kOpenaiModels},
    ProviderKind{
        "mistral", "https://api.mistral.ai/v1", "MISTRAL_API_KEY", "", kMistralModels},
    ProviderKind{
        "deepseek", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY", "", kDeepseekModels},
    ProviderKind{"xai", "https://api.x.ai/v1", "XAI_API_KEY", "", kXaiModels},
    ProviderKind{
        "perplexity",
        "https://api.perplexity.ai",
        "PERPLEXITY_API_KEY",
        "",
        kPerplexityModels},
    ProviderKind{"groq", "https://api.groq.com/openai/v1", "GROQ_API_KEY", "", kGroqModels},
    ProviderKind{"cerebras", "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY", "", kNone},
    ProviderKind{"together", "https://api.together.xyz/v1", "TOGETHER_API_KEY", "", kNone},
    ProviderKind{
        "fireworks", "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY", "", kNone},
    ProviderKind{
        "openrouter", "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", "", kNone},
    ProviderKind{"anthropic", "https://api.anthropic.com", "ANTHROPIC_API_KEY", "", kAnthropicModels},
    ProviderKind{
        "gemini",
        "https://generativelanguage.googleapis.com",
        "GEMINI_API_KEY",
        "GOOGLE_API_KEY",
        kGeminiModels},
    ProviderKind{"azure", "", "AZURE_OPENAI_API_KEY", "", kNone},
    ProviderKind{"bedrock", "", "AWS_BEARER_TOKEN_BEDROCK", "", kNone},
    ProviderKind{"vertex", "", "", "", kNone},
    ProviderKind{"cohere", "https://api.cohere.com", "COHERE_API_KEY", "", kCohereModels},
    ProviderKind{"huggingface", "https://router.huggingface.co/v1", "HF_TOKEN", "", kNone},
    ProviderKind{"vercel", "https://ai-gateway.vercel.sh/v1", "AI_GATEWAY_API_KEY", "", kNone},
    ProviderKind{"zai", "https://api.z.ai/api/paas/v4", "ZAI_API_KEY", "", kNone},
    ProviderKind{"voyage", "https://api.voyageai.com/v1", "VOYAGE_API_KEY", "", kVoyageModels},
    ProviderKind{"replicate", "https://api.replicate.com", "REPLICATE_API_TOKEN", "", kNone},
    ProviderKind{"writer", "https://api.writer.com/v1", "WRITER_API_KEY", "", kNone},
    ProviderKind{"avian", "https://api.avian.io/v1", "AVIAN_API_KEY", "", kNone},
    ProviderKind{"crusoe", "", "", "", kNone},
    ProviderKind{"snowflake", "", "", "", kNone},
    ProviderKind{"watsonx", "", "", "", kNone},
    ProviderKind{"gpustack", "", "", "", kNone},
    ProviderKind{"bedrock-mantle", "", "", "", kNone},
    ProviderKind{"ollama", "http://127.0.0.1:11434/v1", "", "", kNone},
    ProviderKind{"vllm", "http://127.0.0.1:8000/v1", "", "", kNone},
    ProviderKind{"llamacpp", "http://127.0.0.1:8080/v1", "", "", kNone},
};

}  // namespace

std::span<const ProviderKind> provider_kinds() {
    return kKinds;
}

const ProviderKind* find_provider_kind(std::string_view name) {
    for (const ProviderKind& kind : kKinds) {
        if (kind.name == name) {
            return &kind;
        }
    }
    return nullptr;
}

}  // namespace pulse::app
