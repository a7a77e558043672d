#include "tests/fuzz/fuzz_answer.h"

#include <array>

// Formats with one small reader each: Ollama, watsonx, Replicate, Writer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pulse;
    static constexpr std::array kSources{
        llm::AnswerSource{
            .provider_kind = "ollama",
            .api = Api::ollama_chat,
            .is_stream = true,
            .content_type = "application/x-ndjson",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "ollama",
            .api = Api::ollama_generate,
            .content_type = "application/json",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "watsonx",
            .api = Api::generation,
            .is_stream = true,
            .content_type = "text/event-stream",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "replicate",
            .api = Api::predictions,
            .content_type = "application/json",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "replicate",
            .api = Api::predictions,
            .is_stream = true,
            .content_type = "text/event-stream",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "writer",
            .api = Api::completions,
            .is_stream = true,
            .content_type = "text/event-stream",
            .model = {}},
    };
    llm::fuzz_answer(kSources, data, size);
    return 0;
}
