#pragma once

#include "base/assert.h"
#include "llm/answer_meter.h"
#include "llm/openai/request_reader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::llm {

/// What one answer of an API came to: what the caller saw and what was read.
struct FuzzedAnswer {
    std::string shown;
    MeterReading reading;
    bool is_done = false;
};

[[nodiscard]] inline FuzzedAnswer feed_meter(
    const AnswerSource& source, std::string_view text, std::size_t piece_size) {
    AnswerMeter meter;
    meter.reset(source, AnswerMeter::UsageChunk::show_unchanged);
    FuzzedAnswer answer;
    std::vector<std::string_view> out;
    for (; !text.empty(); text.remove_prefix(std::min(piece_size, text.size()))) {
        const std::string transient{text.substr(0, piece_size)};
        out.clear();
        meter.feed(transient, out);
        for (const std::string_view part : out) {
            answer.shown += part;
        }
    }
    out.clear();
    meter.feed_end(out);
    for (const std::string_view part : out) {
        answer.shown += part;
    }
    meter.take_end(nullptr, answer.shown);
    answer.reading = meter.reading();
    answer.is_done = meter.is_done();
    return answer;
}

inline void check_reading(const MeterReading& reading) {
    const Usage& usage = reading.usage;
    PULSE_ASSERT(
        usage.input_uncached >= 0 && usage.cached_read >= 0 && usage.cache_write_5m >= 0 &&
        usage.cache_write_1h >= 0 && usage.cache_write_unsplit >= 0 && usage.output_total >= 0);
    PULSE_ASSERT(reading.extras.size() <= kExtraUsagesMax);
    PULSE_ASSERT(reading.delivered_text.size() <= kDeliveredTextMax);
    PULSE_ASSERT(reading.delivered_text_bytes >= 0);
    PULSE_ASSERT(reading.error.message.size() <= kErrorMessageMax);
    static_cast<void>(unescaped_text(reading.delivered_text));
}

[[nodiscard]] inline bool is_same(const MeterReading& one, const MeterReading& other) {
    return one.usage == other.usage && one.stated == other.stated && one.calls == other.calls &&
           one.extras == other.extras && one.usage_present == other.usage_present &&
           one.is_error == other.is_error && one.error == other.error && one.model == other.model &&
           one.service_tier == other.service_tier && one.finish_reason == other.finish_reason &&
           one.response_id == other.response_id && one.is_readable == other.is_readable &&
           one.delivered_text == other.delivered_text &&
           one.delivered_text_bytes == other.delivered_text_bytes;
}

/// An event at a stream's end whose blank line is missing gets one.
[[nodiscard]] inline bool is_prefix_of(std::string_view shown, std::string_view text) {
    for (int added = 0; added < 2 && shown.ends_with('\n') && !text.starts_with(shown); ++added) {
        shown.remove_suffix(1);
    }
    return text.starts_with(shown);
}

/// Reads `text` as an answer of `source` whole, in pieces of `piece_size` and as a body: what was
/// read must not depend on the pieces, what the caller sees must be a prefix of the text.
inline void check_answer(
    const AnswerSource& source, std::string_view text, std::size_t piece_size) {
    const FuzzedAnswer whole = feed_meter(source, text, text.size() + 1);
    const FuzzedAnswer pieces = feed_meter(source, text, piece_size);
    check_reading(whole.reading);
    PULSE_ASSERT(is_same(whole.reading, pieces.reading));
    PULSE_ASSERT(is_prefix_of(whole.shown, text) && is_prefix_of(pieces.shown, text));

    std::string padded{text};
    padded.resize(text.size() + kBodyPadding, ' ');
    check_reading(
        read_answer(source, {}, std::string_view{padded}.substr(0, text.size()), KeepText::yes));
}

/// The first byte of `data` picks one of `sources`, the second the size of the pieces; the rest is
/// the answer.
inline void fuzz_answer(
    std::span<const AnswerSource> sources, const std::uint8_t* data, std::size_t size) {
    if (size >= 2) {
        const std::string_view text{reinterpret_cast<const char*>(data) + 2, size - 2};
        check_answer(sources[data[0] % sources.size()], text, data[1] % 128U + 1U);
    }
}

}  // namespace pulse::llm
