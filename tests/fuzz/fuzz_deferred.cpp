#include "base/assert.h"
#include "llm/objects/batch_output.h"
#include "llm/objects/deferred_object.h"
#include "llm/openai/request_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace pulse;

[[nodiscard]] llm::BatchOutput::Source source_of(llm::DeferredShape shape) {
    switch (shape) {
        case llm::DeferredShape::anthropic_batch:
            return {
                .shape = shape,
                .provider_kind = "anthropic",
                .item_api = Api::messages,
                .model = {}};
        case llm::DeferredShape::gemini_batch:
            return {
                .shape = shape,
                .provider_kind = "gemini",
                .item_api = Api::generate_content,
                .model = "m"};
        case llm::DeferredShape::xai_batch:
            return {
                .shape = shape,
                .provider_kind = "xai",
                .item_api = Api::chat_completions,
                .model = {}};
        case llm::DeferredShape::openai_batch:
        case llm::DeferredShape::background:
            break;
    }
    return {.shape = shape, .provider_kind = "openai", .item_api = Api::none, .model = {}};
}

void check_sound(const llm::BatchOutput& output) {
    std::int64_t answers = 0;
    for (const llm::ModelUse& use : output.models()) {
        PULSE_ASSERT(use.usage.input_uncached >= 0 && use.usage.output_total >= 0);
        answers += use.answers;
    }
    PULSE_ASSERT(answers == output.answered());
    PULSE_ASSERT(output.models().size() <= llm::BatchOutput::kModelsMax);
}

}  // namespace

// What providers give back of deferred work. The first byte chooses the shape and how the rest is
// split: read in pieces and whole, the output is the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const auto shape = static_cast<llm::DeferredShape>(data[0] % 5);
    const std::size_t piece = 1 + data[0] / 5;
    std::string padded{reinterpret_cast<const char*>(data) + 1, size - 1};
    padded.reserve(size + llm::kBodyPadding);
    const std::string_view text = padded;

    if (const auto object = llm::read_deferred_object(shape, text)) {
        PULSE_ASSERT(object->is_done || !object->has_failed);
    }
    llm::BatchOutput whole{source_of(shape)};
    whole.feed(text);
    whole.feed_end();
    check_sound(whole);
    llm::BatchOutput split{source_of(shape)};
    for (std::size_t at = 0; at < text.size(); at += piece) {
        split.feed(text.substr(at, piece));
    }
    split.feed_end();
    check_sound(split);
    PULSE_ASSERT(whole.answered() == split.answered() && whole.failed() == split.failed());
    PULSE_ASSERT(whole.unreadable() == split.unreadable());
    llm::BatchOutput paged{source_of(shape)};
    static_cast<void>(paged.read_page(text));
    check_sound(paged);
    return 0;
}
