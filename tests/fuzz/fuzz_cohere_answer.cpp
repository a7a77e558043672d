#include "tests/fuzz/fuzz_answer.h"

#include <array>

// Cohere's v1 and v2: streams as events and as lines, bodies of chat, embeddings and rerankers.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pulse;
    static constexpr std::array kSources{
        llm::AnswerSource{
            .provider_kind = "cohere",
            .api = Api::cohere_chat,
            .is_stream = true,
            .content_type = "text/event-stream",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "cohere",
            .api = Api::cohere_generate,
            .is_stream = true,
            .content_type = "application/stream+json",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "cohere",
            .api = Api::cohere_chat,
            .content_type = "application/json",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "cohere",
            .api = Api::rerank,
            .content_type = "application/json",
            .model = {}},
        llm::AnswerSource{
            .provider_kind = "cohere",
            .api = Api::cohere_embed,
            .content_type = "application/json",
            .model = {}},
    };
    llm::fuzz_answer(kSources, data, size);
    return 0;
}
