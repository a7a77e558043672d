#include "llm/stream_ending.h"

#include "base/rfc3339.h"
#include "llm/detail/json_text.h"
#include "llm/eventstream/frame_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace pulse::llm {
namespace {

using namespace std::string_view_literals;

/// The words by which a stream says that a part begins or goes on, and that it ends. As they stand
/// here they cannot be in the text of an answer: JSON escapes quotes, and zero bytes too.
struct PartWords {
    std::array<std::string_view, 4> open;
    std::array<std::string_view, 2> close;
    std::string_view index;
};

constexpr PartWords kAnthropicWords{
    {R"("content_block_start")", R"("content_block_delta")"},
    {R"("content_block_stop")"},
    R"("index")"};
constexpr PartWords kCohereWords{
    {R"("content-start")", R"("content-delta")", R"("tool-call-start")", R"("tool-call-delta")"},
    {R"("content-end")", R"("tool-call-end")"},
    R"("index")"};
// Values of the header `:event-type`: type 7, a length of two bytes, the value.
constexpr PartWords kConverseWords{
    {"\x07\x00\x11"
     "contentBlockStart"sv,
     "\x07\x00\x11"
     "contentBlockDelta"sv},
    {"\x07\x00\x10"
     "contentBlockStop"sv},
    R"("contentBlockIndex")"};

[[nodiscard]] const PartWords* words_of(Api api) {
    switch (api) {
        case Api::messages:
        case Api::raw_predict:
            return &kAnthropicWords;
        case Api::cohere_chat:
            return &kCohereWords;
        case Api::converse:
            return &kConverseWords;
        default:
            return nullptr;
    }
}

/// Just behind the last of `words`; 0 when none is there.
[[nodiscard]] std::size_t behind_last(
    std::string_view events, std::span<const std::string_view> words) {
    std::size_t last = 0;
    for (const std::string_view word : words) {
        const std::size_t at = word.empty() ? std::string_view::npos : events.rfind(word);
        if (at != std::string_view::npos) {
            last = std::max(last, at + word.size());
        }
    }
    return last;
}

/// The number of the field `name`, 0 where it does not stand.
[[nodiscard]] std::int64_t number_of(std::string_view json, std::string_view name) {
    std::int64_t number = 0;
    const std::size_t at = json.find(name);
    if (at != std::string_view::npos) {
        json.remove_prefix(at + name.size());
        json.remove_prefix(std::min(json.find_first_not_of(" \t:"), json.size()));
        std::from_chars(json.data(), json.data() + json.size(), number);
    }
    return number;
}

void append_number(std::string_view name, std::int64_t value, std::string& out) {
    out.append(name).append(std::to_string(value));
}

void append_text(std::string_view name, std::string_view value, std::string& out) {
    out.append(name);
    detail::append_json_string(value, out);
}

[[nodiscard]] std::int64_t seconds(TimePoint time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// `data: {"id":…,"object":…,"created":…,"model":…,"choices":[`
void append_chunk_begin(std::string_view object, const StreamEnding& ending, std::string& out) {
    append_text(R"(data: {"id":)", ending.response_id, out);
    append_text(R"(,"object":)", object, out);
    append_number(R"(,"created":)", seconds(ending.now), out);
    append_text(R"(,"model":)", ending.model, out);
    out += R"(,"choices":[)";
}

void append_chat_end(const StreamEnding& ending, std::string& out) {
    const bool is_chat = ending.api == Api::chat_completions;
    const std::string_view object = is_chat ? "chat.completion.chunk" : "text_completion";
    append_chunk_begin(object, ending, out);
    for (std::int64_t index = 0; index < ending.answers; ++index) {
        append_number(index == 0 ? R"({"index":)" : R"(,{"index":)", index, out);
        out += is_chat ? R"(,"delta":{},"finish_reason":"length"})"
                       : R"(,"text":"","logprobs":null,"finish_reason":"length"})";
    }
    out += "]}\n\n";
    if (ending.shows_usage) {
        append_chunk_begin(object, ending, out);
        append_number(R"(],"usage":{"prompt_tokens":)", ending.usage.input_total(), out);
        append_number(R"(,"completion_tokens":)", ending.usage.output_total, out);
        append_number(R"(,"total_tokens":)", ending.usage.total(), out);
        if (ending.cost != nullptr) {
            out += R"(,"cost":)";
            ending.cost->append_to(out);
        }
        out += "}}\n\n";
    }
    out += "data: [DONE]\n\n";
}

void append_responses_end(const StreamEnding& ending, std::string& out) {
    append_text(
        R"(event: response.incomplete
data: {"type":"response.incomplete","response":{"id":)",
        ending.response_id,
        out);
    append_number(R"(,"object":"response","created_at":)", seconds(ending.now), out);
    out +=
        R"(,"status":"incomplete","error":null,"incomplete_details":{"reason":"max_output_tokens"})";
    append_text(R"(,"model":)", ending.model, out);
    append_number(R"(,"output":[],"usage":{"input_tokens":)", ending.usage.input_total(), out);
    append_number(
        R"(,"input_tokens_details":{"cached_tokens":0},"output_tokens":)",
        ending.usage.output_total,
        out);
    append_number(
        R"(,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":)",
        ending.usage.total(),
        out);
    out += "}}}\n\n";
}

void append_messages_end(const StreamEnding& ending, std::string& out) {
    if (ending.open_part) {
        append_number(
            "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":",
            *ending.open_part,
            out);
        out += "}\n\n";
    }
    append_number(
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
        "\"max_tokens\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":",
        ending.usage.output_total,
        out);
    out += "}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
}

void append_gemini_end(const StreamEnding& ending, std::string& out) {
    const bool is_array = ending.framing == StreamFraming::json_array;
    const std::string_view before_first = ending.is_first ? "[" : ",";
    out += is_array ? before_first : std::string_view{"data: "};
    out += R"({"candidates":[)";
    for (std::int64_t index = 0; index < ending.answers; ++index) {
        out += index == 0 ? "" : ",";
        append_number(
            R"({"content":{"parts":[],"role":"model"},"finishReason":"MAX_TOKENS","index":)",
            index,
            out);
        out += '}';
    }
    append_number(R"(],"usageMetadata":{"promptTokenCount":)", ending.usage.input_total(), out);
    append_number(R"(,"candidatesTokenCount":)", ending.usage.output_total, out);
    append_number(R"(,"totalTokenCount":)", ending.usage.total(), out);
    append_text(R"(},"modelVersion":)", ending.model, out);
    out += is_array ? "}]" : "}\n\n";
}

void append_converse_end(const StreamEnding& ending, std::string& out) {
    std::string json;
    if (ending.open_part) {
        append_number(R"({"contentBlockIndex":)", *ending.open_part, json);
        json += '}';
        append_event_frame("contentBlockStop", json, out);
    }
    append_event_frame("messageStop", R"({"stopReason":"max_tokens"})", out);
    json.clear();
    append_number(R"({"usage":{"inputTokens":)", ending.usage.input_total(), json);
    append_number(R"(,"outputTokens":)", ending.usage.output_total, json);
    append_number(R"(,"totalTokens":)", ending.usage.total(), json);
    json += R"(},"metrics":{"latencyMs":0}})";
    append_event_frame("metadata", json, out);
}

void append_cohere_end(const StreamEnding& ending, std::string& out) {
    if (ending.framing == StreamFraming::ndjson) {
        append_text(
            R"({"is_finished":true,"event_type":"stream-end","finish_reason":"MAX_TOKENS","response":{"generation_id":)",
            ending.response_id,
            out);
        out += "}}\n";
        return;
    }
    if (ending.open_part) {
        append_number(
            "event: content-end\ndata: {\"type\":\"content-end\",\"index\":",
            *ending.open_part,
            out);
        out += "}\n\n";
    }
    const std::string tokens = R"({"input_tokens":)" + std::to_string(ending.usage.input_total()) +
                               R"(,"output_tokens":)" + std::to_string(ending.usage.output_total) +
                               '}';
    out.append(
        "event: message-end\ndata: {\"type\":\"message-end\",\"delta\":{\"finish_reason\":"
        "\"MAX_TOKENS\",\"usage\":{\"billed_units\":");
    out.append(tokens).append(R"(,"tokens":)").append(tokens).append("}}}\n\n");
}

void append_ollama_end(const StreamEnding& ending, std::string& out) {
    append_text(R"({"model":)", ending.model, out);
    append_text(R"(,"created_at":)", rfc3339_micros(ending.now), out);
    out += ending.api == Api::ollama_chat ? R"(,"message":{"role":"assistant","content":""})"
                                          : R"(,"response":"")";
    append_number(
        R"(,"done":true,"done_reason":"length","prompt_eval_count":)",
        ending.usage.input_total(),
        out);
    append_number(R"(,"eval_count":)", ending.usage.output_total, out);
    out += "}\n";
}

}  // namespace

void OpenPart::reset(Api api) {
    api_ = api;
    index_.reset();
}

void OpenPart::see(std::string_view events) {
    const PartWords* const words = words_of(api_);
    if (words == nullptr) {
        return;
    }
    const std::size_t opened = behind_last(events, words->open);
    const std::size_t closed = behind_last(events, words->close);
    if (closed > opened) {
        index_.reset();
    } else if (opened > 0) {
        index_ = number_of(events.substr(opened), words->index);
    }
}

bool can_end_stream(Api api, StreamFraming framing) {
    switch (api) {
        case Api::chat_completions:
        case Api::completions:
        case Api::responses:
        case Api::messages:
        case Api::raw_predict:
            return framing == StreamFraming::sse;
        case Api::generate_content:
            return framing == StreamFraming::sse || framing == StreamFraming::json_array;
        case Api::converse:
            return framing == StreamFraming::eventstream;
        case Api::cohere_chat:
            return framing == StreamFraming::sse || framing == StreamFraming::ndjson;
        case Api::ollama_chat:
        case Api::ollama_generate:
            return framing == StreamFraming::ndjson;
        default:
            return false;
    }
}

void append_stream_end(const StreamEnding& ending, std::string& out) {
    switch (ending.api) {
        case Api::chat_completions:
        case Api::completions:
            return append_chat_end(ending, out);
        case Api::responses:
            return append_responses_end(ending, out);
        case Api::messages:
        case Api::raw_predict:
            return append_messages_end(ending, out);
        case Api::generate_content:
            return append_gemini_end(ending, out);
        case Api::converse:
            return append_converse_end(ending, out);
        case Api::cohere_chat:
            return append_cohere_end(ending, out);
        case Api::ollama_chat:
        case Api::ollama_generate:
            return append_ollama_end(ending, out);
        default:
            return;
    }
}

}  // namespace pulse::llm
