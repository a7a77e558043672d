#include "base/assert.h"
#include "llm/answer_meter.h"
#include "tests/unit/llm/stream_run.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// The first two bytes say how the usage chunk is shown and in how large pieces the rest is read a
// second time: what the caller sees and what was read must not depend on it, and unless something
// is hidden or added it is a prefix of the input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using pulse::llm::AnswerMeter;
    using UsageChunk = AnswerMeter::UsageChunk;
    constexpr std::array kModes{UsageChunk::show, UsageChunk::show_unchanged, UsageChunk::hide};
    if (size < 2) {
        return 0;
    }
    const pulse::Money cost = pulse::Money::from_pico(18'000'000);
    const pulse::llm::StreamRunOptions options{
        .source = pulse::llm::kChatStream,
        .usage_chunk = kModes[data[0] % kModes.size()],
        .cost = &cost,
        .is_closed = (data[0] & 0x40U) != 0,
        .is_broken = (data[0] & 0x80U) != 0};
    const std::string_view text{reinterpret_cast<const char*>(data) + 2, size - 2};

    const auto whole = pulse::llm::run_stream({text}, options);
    const auto pieces =
        pulse::llm::run_stream(pulse::llm::in_pieces(text, data[1] % 128U + 1U), options);

    PULSE_ASSERT(signature(whole) == signature(pieces));
    PULSE_ASSERT(whole.reading.usage.input_total() >= 0 && whole.reading.usage.output_total >= 0);
    PULSE_ASSERT(
        options.usage_chunk != UsageChunk::show_unchanged || options.is_closed ||
        text.starts_with(whole.shown + whole.end));
    return 0;
}
