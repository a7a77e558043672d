#pragma once

#include "llm/answer_meter.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pulse::llm {

inline constexpr AnswerSource kChatStream{
    .provider_kind = "openai",
    .api = Api::chat_completions,
    .is_stream = true,
    .content_type = "text/event-stream",
    .model = {}};

/// What a stream came to when it was read in certain pieces.
struct StreamRun {
    std::string shown;  ///< what the caller saw before the end
    std::string end;    ///< what take_end() gave
    MeterReading reading;
    bool is_done = false;
    bool ended_whole = false;
};

struct StreamRunOptions {
    AnswerSource source = kChatStream;
    AnswerMeter::UsageChunk usage_chunk = AnswerMeter::UsageChunk::show_unchanged;
    const Money* cost = nullptr;
    bool is_closed = true;   ///< the provider closed the stream behind the last piece
    bool is_broken = false;  ///< take_broken_end() instead of take_end()
};

inline StreamRun run_stream(
    const std::vector<std::string_view>& pieces, const StreamRunOptions& options = {}) {
    AnswerMeter meter;
    meter.reset(options.source, options.usage_chunk);
    StreamRun run;
    std::vector<std::string_view> parts;
    for (const std::string_view piece : pieces) {
        const std::string transient{piece};  // gone after the call, as a read buffer is
        parts.clear();
        meter.feed(transient, parts);
        for (const std::string_view part : parts) {
            run.shown += part;
        }
    }
    parts.clear();
    if (options.is_closed) {
        meter.feed_end(parts);
    }
    for (const std::string_view part : parts) {
        run.shown += part;
    }
    options.is_broken ? meter.take_broken_end(run.end) : meter.take_end(options.cost, run.end);
    run.reading = meter.reading();
    run.is_done = meter.is_done();
    run.ended_whole = meter.ended_whole();
    return run;
}

/// `text` in pieces of `size` bytes.
inline std::vector<std::string_view> in_pieces(std::string_view text, std::size_t size) {
    std::vector<std::string_view> pieces;
    for (; !text.empty(); text.remove_prefix(pieces.back().size())) {
        pieces.push_back(text.substr(0, size));
    }
    return pieces;
}

/// Everything of a run in one line, to compare runs.
inline std::string signature(const StreamRun& run) {
    const MeterReading& reading = run.reading;
    std::string out = run.shown + "\n--\n" + run.end + "\n--\n";
    for (const std::int64_t number :
         {reading.usage.input_uncached,
          reading.usage.cached_read,
          reading.usage.cache_write_unsplit,
          reading.usage.output_total,
          reading.usage.of_which_reasoning,
          reading.delivered_text_bytes}) {
        out += std::to_string(number) + " ";
    }
    for (const bool flag :
         {reading.usage_present,
          reading.inconsistent,
          reading.is_error,
          reading.is_readable,
          reading.has_terminator,
          run.is_done,
          run.ended_whole}) {
        out += flag ? "yes " : "no ";
    }
    for (const std::string& word :
         {reading.model,
          reading.service_tier,
          reading.finish_reason,
          reading.response_id,
          reading.error_code,
          reading.delivered_text}) {
        out += word + "|";
    }
    return out + (reading.stated_cost ? reading.stated_cost->to_string() : "");
}

}  // namespace pulse::llm
