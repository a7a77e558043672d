#include "llm/eventstream/frame_writer.h"
#include "tests/unit/llm/compressed.h"
#include "tests/unit/llm/stream_run.h"

#include <gtest/gtest.h>

#include <string>

// What completes an answer in each dialect, and therefore waits for its row.
namespace pulse::llm {
namespace {

AnswerSource stream_of(
    std::string_view kind, Api api, std::string_view content_type = "text/event-stream") {
    return {
        .provider_kind = kind,
        .api = api,
        .is_stream = true,
        .content_type = content_type,
        .model = {}};
}

StreamRun run(const AnswerSource& source, std::string_view stream) {
    return run_stream({stream}, {.source = source});
}

TEST(AnswerEnd, OfAnthropicIsMessageStop) {
    const std::string start =
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":"
        "{\"input_tokens\":5,\"output_tokens\":1}}}\n\n";
    const std::string delta =
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
        "\"end_turn\"},\"usage\":{\"output_tokens\":9}}\n\n";
    const std::string stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    const AnswerSource source = stream_of("anthropic", Api::messages);

    const StreamRun whole = run(source, start + delta + stop);
    const StreamRun cut = run(source, start + delta);

    EXPECT_EQ(whole.shown, start + delta);
    EXPECT_EQ(whole.end, stop);
    EXPECT_TRUE(whole.is_done);
    EXPECT_EQ(whole.reading.usage, (Usage{.input_uncached = 5, .output_total = 9}));
    EXPECT_FALSE(cut.ended_whole);
}

std::string response_event(const std::string& type, const std::string& rest) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + rest + "}\n\n";
}

const std::string kTextDelta = response_event("response.output_text.delta", R"(,"delta":"hi")");
const std::string kCompleted = response_event(
    "response.completed",
    R"(,"response":{"id":"r","status":"completed","usage":{"input_tokens":4,"output_tokens":2}})");

TEST(AnswerEnd, OfResponsesIsTheirLastEvent) {
    for (const std::string end : {"completed", "incomplete", "failed"}) {
        const std::string last = response_event(
            "response." + end,
            R"(,"response":{"status":")" + end + R"(","usage":{"input_tokens":4}})");

        const StreamRun whole = run(stream_of("openai", Api::responses), kTextDelta + last);

        EXPECT_EQ(whole.shown, kTextDelta);
        EXPECT_EQ(whole.end, last);
        EXPECT_TRUE(whole.is_done);
        EXPECT_EQ(whole.reading.finish_reason, end);
        EXPECT_EQ(whole.reading.usage.input_uncached, 4);
        EXPECT_EQ(whole.reading.delivered_text, "hi");
    }
}

TEST(AnswerEnd, OfOpenRoutersResponsesIsTheMarkerBehindIt) {
    const AnswerSource source = stream_of("openrouter", Api::responses);
    const std::string done = "data: [DONE]\n\n";

    const StreamRun whole = run(source, kTextDelta + kCompleted + done);
    const StreamRun without = run(source, kTextDelta + kCompleted);

    EXPECT_EQ(whole.shown, kTextDelta);
    EXPECT_EQ(whole.end, kCompleted + done);
    EXPECT_TRUE(whole.is_done);
    EXPECT_FALSE(without.is_done);
    EXPECT_TRUE(without.ended_whole);
}

std::string gemini_chunk(const std::string& rest) {
    return R"({"candidates":[{"content":{"parts":[{"text":"a"}]})" + rest +
           R"(}],"usageMetadata":{"promptTokenCount":8,"candidatesTokenCount":3}})";
}

TEST(AnswerEnd, OfGeminiIsItsFinish) {
    const std::string first = "data: " + gemini_chunk("") + "\r\n\r\n";
    const std::string last = "data: " + gemini_chunk(R"(,"finishReason":"STOP")") + "\r\n\r\n";
    const AnswerSource source = stream_of("gemini", Api::generate_content);

    const StreamRun whole = run(source, first + first + last);
    const StreamRun cut = run(source, first + first);
    const StreamRun finish_in_each = run(source, last + last);

    EXPECT_EQ(whole.shown, first + first);
    EXPECT_EQ(whole.end, last);
    EXPECT_FALSE(whole.is_done);
    EXPECT_TRUE(whole.ended_whole);
    EXPECT_EQ(cut.shown, first + first);
    EXPECT_EQ(finish_in_each.shown, last);
    EXPECT_EQ(finish_in_each.end, last);
}

TEST(AnswerEnd, OfAnArrayInPiecesIsItsLastElementAndBracket) {
    const std::string first = "[" + gemini_chunk("");
    const std::string last = ",\r\n" + gemini_chunk(R"(,"finishReason":"STOP")");
    const AnswerSource source =
        stream_of("gemini", Api::generate_content, "application/json; charset=UTF-8");

    const StreamRun whole = run(source, first + last + "\n]\n");

    EXPECT_EQ(whole.shown, first);
    EXPECT_EQ(whole.end, last + "\n]\n");
    EXPECT_EQ(whole.reading.usage.output_total, 3);
    EXPECT_TRUE(whole.ended_whole);
}

TEST(AnswerEnd, OfOllamaIsItsLastLine) {
    const std::string line = R"({"message":{"content":"a"},"done":false})"
                             "\n";
    const std::string last =
        R"({"done":true,"done_reason":"stop","prompt_eval_count":8,"eval_count":3})"
        "\n";
    const AnswerSource source = stream_of("ollama", Api::ollama_chat, "application/x-ndjson");

    const StreamRun whole = run(source, line + last);

    EXPECT_EQ(whole.shown, line);
    EXPECT_EQ(whole.end, last);
    EXPECT_TRUE(whole.is_done);
    EXPECT_FALSE(run(source, line).ended_whole);
}

TEST(AnswerEnd, UsageInEveryChunkIsNone) {
    const std::string chunk =
        "data: {\"choices\":[{\"delta\":{\"content\":\"\"}}],\"usage\":{\"prompt_tokens\":8}}\n\n";
    const std::string finish =
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":"
        "{\"prompt_tokens\":8,\"completion_tokens\":3}}\n\n";
    const AnswerSource source = stream_of("perplexity", Api::chat_completions);

    const StreamRun whole = run(source, chunk + chunk + finish);

    EXPECT_EQ(whole.shown, chunk + chunk);
    EXPECT_EQ(whole.end, finish);
    EXPECT_TRUE(whole.ended_whole);
    EXPECT_EQ(whole.reading.usage.output_total, 3);
    EXPECT_FALSE(run(source, chunk + chunk.substr(0, 9)).reading.finish_reason == "stop");
}

TEST(AnswerEnd, OfACompressedStreamIsItsLastPiece) {
    const std::string stream = kTextDelta + kCompleted;
    for (const auto& [name, coding] :
         {std::pair{"gzip", ContentCoding::gzip},
          std::pair{"br", ContentCoding::brotli},
          std::pair{"zstd", ContentCoding::zstd},
          std::pair{"deflate", ContentCoding::deflate}}) {
        const std::string body = compressed(stream, coding);
        AnswerMeter meter;
        meter.reset(stream_of("openai", Api::responses), AnswerMeter::UsageChunk::show_unchanged);
        meter.on_field("Content-Encoding", name);
        std::string shown;
        std::vector<std::string_view> parts;
        for (const std::string_view piece : in_pieces(body, 11)) {
            const std::string transient{piece};
            parts.clear();
            meter.feed(transient, parts);
            for (const std::string_view part : parts) {
                shown += part;
            }
        }
        parts.clear();
        meter.feed_end(parts);
        std::string end;
        meter.take_end(nullptr, end);

        EXPECT_EQ(shown + end, body) << name;
        EXPECT_FALSE(end.empty()) << name;
        EXPECT_TRUE(meter.ended_whole()) << name;
        EXPECT_EQ(meter.reading().usage.input_uncached, 4) << name;
        EXPECT_EQ(meter.reading().finish_reason, "completed") << name;
    }
}

TEST(AnswerEnd, OfOneTextIsItsLastPiece) {
    const std::string body = R"({"choices":[],"usage":{"prompt_tokens":8,"completion_tokens":3}})";
    AnswerSource source = stream_of("openai", Api::chat_completions, "application/json");

    const StreamRun pieces = run_stream(in_pieces(body, 9), {.source = source});

    EXPECT_EQ(pieces.shown + pieces.end, body);
    EXPECT_EQ(pieces.end.size(), body.size() % 9 == 0 ? 9 : body.size() % 9);
    EXPECT_EQ(pieces.reading.usage.output_total, 3);
    EXPECT_TRUE(pieces.ended_whole);
}

TEST(AnswerEnd, AnErrorStatusIsOneTextWhateverItsTypeSays) {
    AnswerSource source = stream_of("anthropic", Api::messages, "application/json");
    source.status = 529;

    const StreamRun overloaded = run(
        source, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})");

    EXPECT_TRUE(overloaded.reading.is_error);
    EXPECT_EQ(overloaded.reading.error.type, "overloaded_error");
    EXPECT_EQ(overloaded.reading.error.message, "Overloaded");
    EXPECT_EQ(overloaded.reading.error_code, "overloaded_error");
}

TEST(AnswerEnd, SpeechAndFilesPassUnread) {
    const std::string audio(10'000, '{');
    const AnswerSource source{
        .provider_kind = "openai", .api = Api::speech, .content_type = "audio/mpeg", .model = {}};

    const StreamRun whole = run_stream(in_pieces(audio, 700), {.source = source});

    EXPECT_EQ(whole.shown + whole.end, audio);
    EXPECT_TRUE(whole.reading.is_readable);
    EXPECT_FALSE(whole.reading.usage_present);
}

}  // namespace
}  // namespace pulse::llm
