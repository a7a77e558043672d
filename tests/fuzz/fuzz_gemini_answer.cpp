#include "tests/fuzz/fuzz_answer.h"

#include <array>

// Gemini and Vertex AI: streams as events and as one array, bodies, interactions, predictions,
// errors.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pulse;
    static constexpr std::array kSources{
        llm::AnswerSource{
            .provider_kind = "gemini",
            .api = Api::generate_content,
            .is_stream = true,
            .content_type = "text/event-stream",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "gemini",
            .api = Api::generate_content,
            .is_stream = true,
            .content_type = "application/json",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "vertex",
            .api = Api::generate_content,
            .content_type = "application/json",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "gemini",
            .api = Api::interactions,
            .is_stream = true,
            .content_type = "text/event-stream",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "gemini",
            .api = Api::interactions,
            .content_type = "application/json",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "vertex",
            .api = Api::predict,
            .content_type = "application/json",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "gemini",
            .api = Api::generate_content,
            .is_stream = true,
            .status = 429,
            .content_type = "text/event-stream",
            .model = {}},
    };
    llm::fuzz_answer(kSources, data, size);
    return 0;
}
