#include "pricing/catalog/import/provider_names.h"

#include "pricing/catalog/detail/folded_text.h"

#include <algorithm>
#include <array>

namespace pulse::pricing::detail {
namespace {

struct Names {
    std::string_view canonical;
    std::array<std::string_view, 8> others{};
};
/// Source: ids of @pydantic/genai-prices 0.1.8 and `litellm_provider` of LiteLLM's catalogue of
/// 2026-08-01; the first column is the `kind` of our configuration.
constexpr std::array kProviders{
    Names{"openai", {"text-completion-openai"}},
    Names{"azure", {"azure_text", "azure_openai", "azure-openai"}},
    Names{"azure_ai", {"azure-ai", "azure_foundry"}},
    Names{"anthropic", {}},
    Names{"gemini", {"google", "google-gla", "google_ai_studio", "google-ai-studio"}},
    Names{"vertex", {"vertex_ai", "vertex-ai", "vertexai", "google-vertex", "google_vertex"}},
    Names{
        "bedrock",
        {"aws",
         "bedrock_converse",
         "aws_bedrock",
         "aws-bedrock",
         "amazon-bedrock",
         "amazon_bedrock"}},
    Names{"mistral", {"mistralai", "mistral_ai"}},
    Names{"cohere", {"cohere_chat"}},
    Names{"deepseek", {}},
    Names{"groq", {}},
    Names{"xai", {"x-ai", "x_ai"}},
    Names{"perplexity", {}},
    Names{"cerebras", {}},
    Names{"together", {"together_ai", "together-ai", "togetherai"}},
    Names{"fireworks", {"fireworks_ai", "fireworks-ai", "fireworks_ai-embedding-models"}},
    Names{"openrouter", {"open_router"}},
    Names{"moonshot", {"moonshotai", "moonshot_ai"}},
    Names{"voyage", {"voyageai", "voyage_ai"}},
    Names{"github_copilot", {"github-copilot", "copilot"}},
    Names{"vercel", {"vercel_ai_gateway"}},
    Names{"ovhcloud", {"ovh", "ovh_cloud"}},
    Names{"amazon_nova", {"amazon-nova"}},
    Names{"zai", {"z-ai", "z.ai"}},
};

bool is_one(const Names& names, std::string_view name) {
    return names.canonical == name || std::ranges::find(names.others, name) != names.others.end();
}

struct ModeWord {
    std::string_view word;
    std::string_view mode;
};
constexpr std::array<ModeWord, 14> kModeWords{{
    {"embed", "embedding"},
    {"voyage-", "embedding"},
    {"whisper", "stt"},
    {"transcribe", "stt"},
    {"tts", "tts"},
    {"realtime", "realtime"},
    {"moderation", "moderation"},
    {"rerank", "rerank"},
    {"ocr", "ocr"},
    {"dall-e", "image"},
    {"imagen", "image"},
    {"gpt-image", "image"},
    {"sora", "video"},
    {"veo-", "video"},
}};

}  // namespace

std::string canonical_provider(std::string_view name) {
    auto folded_name = folded(name);
    // "vertex_ai-anthropic_models" and twenty more of LiteLLM's are one provider.
    if (folded_name.starts_with("vertex_ai-")) {
        return "vertex";
    }
    const auto* found = std::ranges::find_if(
        kProviders, [&](const Names& names) { return is_one(names, folded_name); });
    return found == kProviders.end() ? folded_name : std::string{found->canonical};
}

std::vector<std::string> names_of_provider(std::string_view canonical) {
    std::vector<std::string> out;
    const auto add = [&](std::string name) {
        if (!name.empty() && name != canonical && std::ranges::find(out, name) == out.end()) {
            out.push_back(std::move(name));
        }
    };
    for (const auto& names : kProviders) {
        if (names.canonical == canonical) {
            std::ranges::for_each(
                names.others, [&](std::string_view other) { add(std::string{other}); });
        }
    }
    // The same name is written with either mark.
    for (const auto& [from, to] : {std::pair{'_', '-'}, std::pair{'-', '_'}}) {
        std::string other{canonical};
        std::ranges::replace(other, from, to);
        add(std::move(other));
    }
    return out;
}

std::string_view mode_by_name(std::string_view model) {
    const auto name = folded(model);
    const auto* found = std::ranges::find_if(kModeWords, [&](const ModeWord& entry) {
        return name.find(entry.word) != std::string::npos;
    });
    return found == kModeWords.end() ? "chat" : found->mode;
}

}  // namespace pulse::pricing::detail
