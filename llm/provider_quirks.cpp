#include "llm/provider_quirks.h"

#include "llm/anthropic/answer_reader.h"
#include "llm/bedrock/answer_reader.h"
#include "llm/cohere/answer_reader.h"
#include "llm/gemini/answer_reader.h"
#include "llm/ollama/answer_reader.h"
#include "llm/openai/answer_reader.h"
#include "llm/replicate/answer_reader.h"
#include "llm/watsonx/answer_reader.h"
#include "llm/writer/completion_reader.h"

#include <array>

// "n/n" are counts over recorded exchanges of that provider, as docs/formats/metering.md has them.
namespace pulse::llm {
namespace {

using Rules = UsageRules;

// Cached and written input, reasoning and audio are parts of their totals: total = in + out in
// 113/113 chat and 234/234 responses of OpenAI, and in all of Azure, DeepSeek, Groq, Cerebras,
// OpenRouter, Z.ai, Crusoe, Together, Hugging Face, Bedrock's OpenAI endpoint ("mantle").
constexpr Rules kInside{};
// Cached and written input come on top: Anthropic always; Bedrock converse 24/24.
constexpr Rules kCacheBeside{.cache = Rules::Cache::beside_input};
// total = prompt + candidates + thoughts + toolUsePrompt in 470/470 (Gemini) and 219/219 (Vertex);
// interactions 7/7.
constexpr Rules kReasoningBeside{.reasoning = Rules::Reasoning::beside_output};
// 35 + 12 → 109 and no detail: only the total has the thoughts.
constexpr Rules kReasoningHidden{.reasoning = Rules::Reasoning::hidden_in_total};
// total = in + audio + out in 5/5.
constexpr Rules kAudioBeside{.audio = Rules::Audio::beside_input};
// The invoice; `tokens` of the same answer may be thirty times as many (1,563 to 47).
constexpr Rules kBilledUnits{.billed = Rules::Billed::billed_units};
// Voyage and OpenRouter's reranker state a total alone; embeddings have no output.
constexpr Rules kTotalIsInput{.billed = Rules::Billed::total_is_input};

constexpr ProviderQuirks kUnread{.is_billed = false};

struct ApiRow {
    Api api;
    ProviderQuirks quirks;
};

/// What an API's own dialect says, for providers without a row.
constexpr std::array kApiRows{
    ApiRow{Api::chat_completions, {.reader = read_openai_event, .rules = kInside}},
    ApiRow{Api::completions, {.reader = read_openai_event, .rules = kInside}},
    ApiRow{Api::embeddings, {.reader = read_openai_event, .rules = kTotalIsInput}},
    ApiRow{Api::rerank, {.reader = read_openai_event, .rules = kTotalIsInput}},
    ApiRow{Api::moderations, {.reader = read_openai_event, .is_billed = false}},
    ApiRow{Api::assistants, {.reader = read_openai_event, .rules = kInside}},
    ApiRow{Api::transcriptions, {.reader = read_openai_event, .rules = kInside}},
    ApiRow{Api::translations, {.reader = read_openai_event, .rules = kInside}},
    ApiRow{Api::speech, {.reader = read_openai_event, .end = StreamEnd::finish}},
    ApiRow{Api::images, {.reader = read_openai_images_event, .end = StreamEnd::finish}},
    // No [DONE] at OpenAI, Azure, xAI, DeepSeek, Bedrock mantle.
    ApiRow{Api::responses, {.reader = read_responses_event, .end = StreamEnd::event}},
    ApiRow{Api::responses_compact, {.reader = read_responses_event, .end = StreamEnd::event}},
    ApiRow{Api::response_object, {.reader = read_responses_event, .end = StreamEnd::event}},
    ApiRow{Api::input_tokens, {.reader = read_responses_event, .is_billed = false}},
    // An API that is in no table: a usage that it states is a usage.
    ApiRow{Api::other, {.reader = read_openai_event, .rules = kInside, .end = StreamEnd::close}},
    ApiRow{Api::batches, {.reader = read_openai_object, .is_billed = false}},
    ApiRow{
        Api::messages,
        {.reader = read_anthropic_event, .rules = kCacheBeside, .end = StreamEnd::event}},
    ApiRow{
        Api::raw_predict,
        {.reader = read_anthropic_event, .rules = kCacheBeside, .end = StreamEnd::event}},
    ApiRow{
        Api::generate_content,
        {.reader = read_gemini_event,
         .head = HeadFormat::gemini,
         .rules = kReasoningBeside,
         .end = StreamEnd::finish,
         .usage_in_every_event = true}},
    ApiRow{
        Api::interactions,
        {.reader = read_gemini_interaction_event,
         .head = HeadFormat::gemini,
         .rules = kReasoningBeside}},
    ApiRow{Api::embed_content, {.reader = read_gemini_event, .rules = kTotalIsInput}},
    ApiRow{Api::predict, {.reader = read_gemini_event, .rules = kTotalIsInput}},
    ApiRow{Api::cached_contents, {.reader = read_gemini_event, .is_billed = false}},
    ApiRow{
        Api::converse,
        {.reader = read_bedrock_converse_event,
         .head = HeadFormat::bedrock,
         .rules = kCacheBeside,
         .end = StreamEnd::event}},
    ApiRow{
        Api::invoke,
        {.reader = read_bedrock_invoke_event,
         .head = HeadFormat::bedrock,
         .rules = kCacheBeside,
         .end = StreamEnd::finish,
         .usage_in_every_event = true}},
    ApiRow{Api::cohere_chat, {.reader = read_cohere_event, .rules = kBilledUnits}},
    ApiRow{
        Api::cohere_generate,
        {.reader = read_cohere_event, .rules = kBilledUnits, .end = StreamEnd::event}},
    ApiRow{Api::cohere_embed, {.reader = read_cohere_event, .rules = kBilledUnits}},
    ApiRow{Api::ollama_chat, {.reader = read_ollama_event, .end = StreamEnd::event}},
    ApiRow{Api::ollama_generate, {.reader = read_ollama_event, .end = StreamEnd::event}},
    ApiRow{Api::ollama_embed, {.reader = read_ollama_event}},
    ApiRow{
        Api::generation,
        {.reader = read_watsonx_event, .end = StreamEnd::finish, .usage_in_every_event = true}},
    ApiRow{Api::predictions, {.reader = read_replicate_event, .end = StreamEnd::finish}},
};

struct ProviderRow {
    std::string_view provider;
    Api api;
    ProviderQuirks quirks;
    std::string_view model_part{};  ///< of the addressed model's name; empty: any
};

constexpr ProviderQuirks kNoMarker{.reader = read_openai_event, .end = StreamEnd::finish};

/// Where a provider differs from the API's own dialect.
constexpr std::array kProviderRows{
    // total = in + out + reasoning in 32/32; its cost in ticks is that sum at list price in 28/28.
    // Its responses API has reasoning inside: 54/54.
    ProviderRow{
        "xai", Api::chat_completions, {.reader = read_openai_event, .rules = kReasoningBeside}},
    // `cost` = in·p + (completion + reasoning)·p in 38/38, OpenAI's models too; the total is in +
    // out.
    ProviderRow{
        "vercel", Api::chat_completions, {.reader = read_openai_event, .rules = kReasoningBeside}},
    ProviderRow{
        "gemini", Api::chat_completions, {.reader = read_openai_event, .rules = kReasoningHidden}},
    ProviderRow{
        "vertex", Api::chat_completions, {.reader = read_openai_event, .rules = kReasoningHidden}},
    ProviderRow{
        "mistral", Api::chat_completions, {.reader = read_openai_event, .rules = kAudioBeside}},
    ProviderRow{
        "mistral", Api::transcriptions, {.reader = read_openai_event, .rules = kAudioBeside}},
    // Cumulative usage in every chunk, no [DONE]. `reasoning_tokens` beside `completion_tokens`
    // are billed on top (deep research: 73,997 to 7,163).
    ProviderRow{
        "perplexity",
        Api::chat_completions,
        {.reader = read_openai_event,
         .rules = kReasoningBeside,
         .end = StreamEnd::finish,
         .usage_in_every_event = true}},
    // Usage in every chunk as the model's state, no [DONE].
    ProviderRow{
        "gpustack",
        Api::chat_completions,
        {.reader = read_openai_event, .end = StreamEnd::finish, .usage_in_every_event = true}},
    ProviderRow{"writer", Api::chat_completions, kNoMarker},
    // Neither usage nor a finish: `{"value": …}` to the end.
    ProviderRow{
        "writer",
        Api::completions,
        {.reader = read_writer_completion_event, .end = StreamEnd::last_event}},
    // Sends [DONE] behind response.completed, unlike OpenAI.
    ProviderRow{"openrouter", Api::responses, {.reader = read_responses_event}},
    ProviderRow{"cohere", Api::rerank, {.reader = read_cohere_event, .rules = kBilledUnits}},
    // What only counts has each dialect's shape. Cohere's `tokenize` gives tokens, not a count.
    ProviderRow{
        "anthropic",
        Api::token_counting,
        {.reader = read_anthropic_event, .rules = kCacheBeside, .is_billed = false}},
    ProviderRow{"gemini", Api::token_counting, {.reader = read_gemini_event, .is_billed = false}},
    ProviderRow{"vertex", Api::token_counting, {.reader = read_gemini_event, .is_billed = false}},
    ProviderRow{
        "bedrock",
        Api::token_counting,
        {.reader = read_bedrock_converse_event, .head = HeadFormat::bedrock, .is_billed = false}},
    // Predictions are made under the model's path.
    ProviderRow{
        "replicate", Api::models, {.reader = read_replicate_event, .end = StreamEnd::finish}},
    // Batches, files: about other calls, in a shape of their own.
    ProviderRow{"anthropic", Api::batches, kUnread},
    ProviderRow{"gemini", Api::batches, kUnread},
    ProviderRow{"vertex", Api::batches, kUnread},
    ProviderRow{"xai", Api::batches, kUnread},
    // rawPredict has the format of the model's maker; Anthropic's is the API's row.
    ProviderRow{"vertex", Api::raw_predict, {.reader = read_openai_event}, "mistral"},
    ProviderRow{"vertex", Api::raw_predict, {.reader = read_openai_event}, "codestral"},
    ProviderRow{"vertex", Api::raw_predict, {.reader = read_openai_event}, "jamba"},
    ProviderRow{"vertex", Api::raw_predict, {.reader = read_openai_event}, "llama"},
};

struct KindName {
    std::string_view name;
    std::string_view kind;
};
constexpr std::array kKindNames{
    KindName{"vercel-gateway", "vercel"},
    KindName{"vercel-ai-gateway", "vercel"},
    KindName{"google", "gemini"},
    KindName{"aws-bedrock", "bedrock"},
    KindName{"azure-openai", "azure"},
    KindName{"x-ai", "xai"},
    KindName{"z-ai", "zai"},
    KindName{"hf", "huggingface"},
};

}  // namespace

std::string_view canonical_provider_kind(std::string_view name) {
    for (const KindName& known : kKindNames) {
        if (known.name == name) {
            return known.kind;
        }
    }
    return name;
}

ProviderQuirks quirks_of(std::string_view provider_kind, Api api, std::string_view model) {
    const std::string_view kind = canonical_provider_kind(provider_kind);
    for (const ProviderRow& row : kProviderRows) {
        if (row.api == api && row.provider == kind &&
            model.find(row.model_part) != std::string_view::npos) {
            return row.quirks;
        }
    }
    for (const ApiRow& row : kApiRows) {
        if (row.api == api) {
            return row.quirks;
        }
    }
    return kUnread;
}

}  // namespace pulse::llm
