#include "tests/fuzz/fuzz_answer.h"

#include <array>

// Anthropic's messages: streams, bodies, errors, counts; the same format at Vertex.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pulse;
    static constexpr std::array kSources{
        llm::AnswerSource{
            .provider_kind = "anthropic",
            .api = Api::messages,
            .is_stream = true,
            .content_type = "text/event-stream",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "anthropic",
            .api = Api::messages,
            .content_type = "application/json",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "anthropic",
            .api = Api::messages,
            .status = 529,
            .content_type = "application/json",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "anthropic",
            .api = Api::token_counting,
            .content_type = "application/json",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "vertex",
            .api = Api::raw_predict,
            .is_stream = true,
            .content_type = "text/event-stream",
            .model = "claude-sonnet-4"},
    };
    llm::fuzz_answer(kSources, data, size);
    return 0;
}
