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
constexpr std::span<const std::string_view> kNone{};

constexpr std::array kKinds{
    ProviderKind{"openai", true, "https://api.openai.com/v1", "OPENAI_API_KEY", "", kOpenaiModels},
    ProviderKind{
        "mistral", true, "https://api.mistral.ai/v1", "MISTRAL_API_KEY", "", kMistralModels},
    ProviderKind{
        "deepseek", true, "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY", "", kDeepseekModels},
    ProviderKind{"xai", true, "https://api.x.ai/v1", "XAI_API_KEY", "", kXaiModels},
    ProviderKind{
        "perplexity",
        true,
        "https://api.perplexity.ai",
        "PERPLEXITY_API_KEY",
        "",
        kPerplexityModels},
    ProviderKind{"groq", true, "https://api.groq.com/openai/v1", "GROQ_API_KEY", "", kGroqModels},
    ProviderKind{"cerebras", true, "https://api.cerebras.ai/v1", "CEREBRAS_API_KEY", "", kNone},
    ProviderKind{"together", true, "https://api.together.xyz/v1", "TOGETHER_API_KEY", "", kNone},
    ProviderKind{
        "fireworks", true, "https://api.fireworks.ai/inference/v1", "FIREWORKS_API_KEY", "", kNone},
    ProviderKind{
        "openrouter", true, "https://openrouter.ai/api/v1", "OPENROUTER_API_KEY", "", kNone},
    ProviderKind{"anthropic", false, "https://api.anthropic.com", "ANTHROPIC_API_KEY", "", kNone},
    ProviderKind{
        "gemini",
        false,
        "https://generativelanguage.googleapis.com",
        "GEMINI_API_KEY",
        "GOOGLE_API_KEY",
        kNone},
    ProviderKind{"azure", false, "", "AZURE_OPENAI_API_KEY", "", kNone},
    ProviderKind{"bedrock", false, "", "AWS_BEARER_TOKEN_BEDROCK", "", kNone},
    ProviderKind{"vertex", false, "", "", "", kNone},
    ProviderKind{"cohere", false, "https://api.cohere.com", "COHERE_API_KEY", "", kNone},
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
