#include "llm/request/request_shapes.h"

#include <array>

namespace pulse::llm::detail {

namespace {

using enum RequestKey;

constexpr std::array kAnthropic{
    RequestKeyRow{"model", model},
    RequestKeyRow{"stream", stream},
    RequestKeyRow{"max_tokens", output_limit},
    RequestKeyRow{"service_tier", service_tier},
    RequestKeyRow{"speed", speed},
    RequestKeyRow{"inference_geo", inference_geo},
    RequestKeyRow{"metadata", object},
    RequestKeyRow{"user_id", end_user, "metadata"},
    RequestKeyRow{"messages", content},
    RequestKeyRow{"system", content},
    RequestKeyRow{"tools", tools},
    RequestKeyRow{"mcp_servers", server_tools},
};

// protobuf's JSON mapping takes both spellings of a name.
constexpr std::array kGemini{
    RequestKeyRow{"contents", content},
    RequestKeyRow{"content", content},
    RequestKeyRow{"systemInstruction", content},
    RequestKeyRow{"system_instruction", content},
    RequestKeyRow{"instances", prompts},
    RequestKeyRow{"requests", prompts},
    RequestKeyRow{"generationConfig", object},
    RequestKeyRow{"generation_config", object},
    RequestKeyRow{"maxOutputTokens", output_limit, "generationConfig"},
    RequestKeyRow{"max_output_tokens", output_limit, "generationConfig"},
    RequestKeyRow{"candidateCount", answers, "generationConfig"},
    RequestKeyRow{"candidate_count", answers, "generationConfig"},
    RequestKeyRow{"maxOutputTokens", output_limit, "generation_config"},
    RequestKeyRow{"max_output_tokens", output_limit, "generation_config"},
    RequestKeyRow{"candidateCount", answers, "generation_config"},
    RequestKeyRow{"candidate_count", answers, "generation_config"},
    RequestKeyRow{"tools", tools},
    RequestKeyRow{"serviceTier", service_tier},
    RequestKeyRow{"service_tier", service_tier},
};

constexpr std::array kInteractions{
    RequestKeyRow{"model", model},
    RequestKeyRow{"stream", stream},
    RequestKeyRow{"background", background},
    RequestKeyRow{"input", content},
    RequestKeyRow{"system_instruction", content},
    RequestKeyRow{"tools", tools},
    RequestKeyRow{"generation_config", object},
    RequestKeyRow{"max_output_tokens", output_limit, "generation_config"},
};

constexpr std::array kConverse{
    RequestKeyRow{"messages", content},
    RequestKeyRow{"system", content},
    RequestKeyRow{"inferenceConfig", object},
    RequestKeyRow{"maxTokens", output_limit, "inferenceConfig"},
    RequestKeyRow{"toolConfig", object},
    RequestKeyRow{"tools", tools, "toolConfig"},
    RequestKeyRow{"serviceTier", object},
    RequestKeyRow{"type", service_tier, "serviceTier"},
};

// Every family's own body: the union, for the name of the model says too little about it.
constexpr std::array kInvoke{
    RequestKeyRow{"messages", content},
    RequestKeyRow{"system", content},
    RequestKeyRow{"prompt", content},
    RequestKeyRow{"inputText", content},
    RequestKeyRow{"texts", prompts},
    RequestKeyRow{"max_tokens", output_limit},
    RequestKeyRow{"max_tokens_to_sample", output_limit},
    RequestKeyRow{"max_completion_tokens", output_limit},
    RequestKeyRow{"max_gen_len", output_limit},
    RequestKeyRow{"maxTokens", output_limit},
    RequestKeyRow{"num_generations", answers},
    RequestKeyRow{"textGenerationConfig", object},
    RequestKeyRow{"maxTokenCount", output_limit, "textGenerationConfig"},
    RequestKeyRow{"inferenceConfig", object},
    RequestKeyRow{"maxTokens", output_limit, "inferenceConfig"},
    RequestKeyRow{"max_new_tokens", output_limit, "inferenceConfig"},
    RequestKeyRow{"tools", tools},
};

constexpr std::array kCohere{
    RequestKeyRow{"model", model},
    RequestKeyRow{"stream", stream},
    RequestKeyRow{"max_tokens", output_limit},
    RequestKeyRow{"num_generations", answers},
    RequestKeyRow{"messages", content},
    RequestKeyRow{"message", content},
    RequestKeyRow{"chat_history", content},
    RequestKeyRow{"prompt", content},
    RequestKeyRow{"texts", prompts},
    RequestKeyRow{"inputs", prompts},
    RequestKeyRow{"images", prompts},
    RequestKeyRow{"documents", prompts},
    RequestKeyRow{"query", content},
    RequestKeyRow{"tools", tools},
    RequestKeyRow{"connectors", server_tools},
};

constexpr std::array kOllama{
    RequestKeyRow{"model", model},
    RequestKeyRow{"stream", stream},
    RequestKeyRow{"messages", content},
    RequestKeyRow{"prompt", content},
    RequestKeyRow{"images", prompts},
    RequestKeyRow{"input", prompts},
    RequestKeyRow{"options", object},
    RequestKeyRow{"num_predict", output_limit, "options"},
    RequestKeyRow{"tools", tools},
};

}  // namespace

RequestShape request_shape(Dialect dialect, Api api) {
    switch (api) {
        case Api::messages:
            return {.rows = kAnthropic, .needs_model = true};
        case Api::token_counting:
            switch (dialect) {
                case Dialect::anthropic:
                    return {.rows = kAnthropic, .needs_model = true};
                case Dialect::gemini:
                    return {.rows = kGemini};
                default:
                    return {.rows = kConverse};
            }
        case Api::raw_predict:
            return {.rows = kAnthropic};
        case Api::interactions:
            return {.rows = kInteractions};
        case Api::converse:
            return {.rows = kConverse};
        case Api::invoke:
            return {.rows = kInvoke};
        case Api::cohere_chat:
        case Api::cohere_generate:
            return {.rows = kCohere};  // version 1 has a model of its own where none is named
        case Api::cohere_embed:
        case Api::rerank:
            return {.rows = kCohere, .needs_model = true};
        case Api::ollama_chat:
        case Api::ollama_generate:
            return {.rows = kOllama, .needs_model = true, .streams_by_default = true};
        case Api::ollama_embed:
            return {.rows = kOllama, .needs_model = true};
        default:
            return {.rows = kGemini};
    }
}

}  // namespace pulse::llm::detail
