#include "tests/fuzz/fuzz_answer.h"

#include <array>

// Formats of the OpenAI family: responses, chat, audio, images, objects about other calls, errors.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pulse;
    constexpr auto kStream = [](std::string_view kind, Api api) {
        return llm::AnswerSource{
            .provider_kind = kind,
            .api = api,
            .is_stream = true,
            .content_type = "text/event-stream",
            .model = {}};
    };
    constexpr auto kWhole = [](std::string_view kind, Api api) {
        return llm::AnswerSource{
            .provider_kind = kind, .api = api, .content_type = "application/json", .model = {}};
    };
    static constexpr std::array kSources{
        kStream("openai", Api::responses),
        kWhole("openai", Api::responses),
        kStream("openrouter", Api::responses),
        kStream("perplexity", Api::chat_completions),
        kWhole("xai", Api::chat_completions),
        kStream("openai", Api::transcriptions),
        kWhole("openai", Api::images),
        kWhole("openai", Api::batches),
        kWhole("openai", Api::input_tokens),
        llm::AnswerSource{
            .provider_kind = "azure",
            .api = Api::chat_completions,
            .status = 400,
            .content_type = "application/json",
            .model = {}},
    };
    llm::fuzz_answer(kSources, data, size);
    return 0;
}
