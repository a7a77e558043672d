#include "base/assert.h"
#include "llm/answer_meter.h"
#include "llm/batch/result_line.h"
#include "llm/openai/request_reader.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// A line of a batch's results: what it holds lies within it and can be given to the reader of
// answers.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace pulse;
    std::string line{reinterpret_cast<const char*>(data), size};
    line.resize(size + llm::kBodyPadding, ' ');
    const std::string_view text = std::string_view{line}.substr(0, size);
    const auto result = llm::read_batch_result_line(text);
    if (!result) {
        return 0;
    }
    PULSE_ASSERT(!result->custom_id.empty() && result->status > 0 && result->status <= 599);
    PULSE_ASSERT(
        result->body.empty() ||
        (result->body.data() >= text.data() &&
         result->body.data() + result->body.size() <= text.data() + text.size()));
    const auto reading = llm::read_answer(
        {.provider_kind = "openai",
         .api = Api::chat_completions,
         .status = result->status,
         .content_type = "application/json",
         .model = {}},
        {},
        result->body);
    PULSE_ASSERT(reading.usage.output_total >= 0);
    return 0;
}
