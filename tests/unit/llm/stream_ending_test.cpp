// A stream that Pulse ends is read again by the meter of its dialect: it must be a whole one, cut
// at its limit.
#include "llm/stream_ending.h"

#include "llm/answer_meter.h"
#include "llm/eventstream/frame_writer.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace pulse::llm {
namespace {

struct EndCase {
    const char* name;
    std::string_view kind;
    Api api;
    StreamFraming framing;
    std::string_view content_type;
    std::string begin;  ///< what went to the caller
    std::string_view finish_reason;
};

void PrintTo(const EndCase& end, std::ostream* out) {
    *out << end.name;
}

[[nodiscard]] std::string converse_begin() {
    std::string out;
    append_event_frame("messageStart", R"({"role":"assistant"})", out);
    append_event_frame(
        "contentBlockDelta", R"({"contentBlockIndex":3,"delta":{"text":"hello"}})", out);
    return out;
}

class StreamEnds : public testing::TestWithParam<EndCase> {};

TEST_P(StreamEnds, AsItsMeterTakesForWhole) {
    const EndCase& end = GetParam();
    OpenPart open;
    open.reset(end.api);
    open.see(end.begin);
    Usage usage;
    usage.input_uncached = 7;
    usage.output_total = 5;
    std::string stream = end.begin;

    ASSERT_TRUE(can_end_stream(end.api, end.framing));
    append_stream_end(
        {.api = end.api,
         .framing = end.framing,
         .response_id = "id-1",
         .model = "m",
         .open_part = open.index(),
         .usage = usage,
         .shows_usage = true,
         .now = TimePoint{std::chrono::seconds{1'800'000'000}}},
        stream);

    AnswerMeter meter;
    meter.reset(
        {.provider_kind = end.kind,
         .api = end.api,
         .is_stream = true,
         .status = 200,
         .content_type = end.content_type,
         .model = "m"},
        AnswerMeter::UsageChunk::show_unchanged);
    std::vector<std::string_view> shown;
    meter.feed(stream, shown);
    meter.feed_end(shown);
    EXPECT_TRUE(meter.ended_whole()) << stream;
    EXPECT_FALSE(meter.reading().is_error);
    EXPECT_TRUE(meter.reading().is_readable) << stream;
    EXPECT_EQ(meter.reading().finish_reason, end.finish_reason);
    EXPECT_EQ(meter.reading().usage.output_total, 5) << stream;
}

INSTANTIATE_TEST_SUITE_P(
    Dialects,
    StreamEnds,
    testing::Values(
        EndCase{
            "chat",
            "openai",
            Api::chat_completions,
            StreamFraming::sse,
            "text/event-stream",
            "data: {\"id\":\"id-1\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{"
            "\"content\":\"hello\"}}]}\n\n",
            "length"},
        EndCase{
            "completions",
            "openai",
            Api::completions,
            StreamFraming::sse,
            "text/event-stream",
            "data: {\"id\":\"id-1\",\"choices\":[{\"index\":0,\"text\":\"hello\"}]}\n\n",
            "length"},
        EndCase{
            "messages",
            "anthropic",
            Api::messages,
            StreamFraming::sse,
            "text/event-stream",
            "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"x\","
            "\"usage\":{\"input_tokens\":7,\"output_tokens\":1}}}\n\n"
            "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
            "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
            "\"delta\":{\"type\":\"text_delta\",\"text\":\"hello\"}}\n\n",
            "max_tokens"},
        EndCase{
            "gemini_events",
            "gemini",
            Api::generate_content,
            StreamFraming::sse,
            "text/event-stream",
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hello\"}]}}]}\n\n",
            "MAX_TOKENS"},
        EndCase{
            "gemini_array",
            "gemini",
            Api::generate_content,
            StreamFraming::json_array,
            "application/json",
            "[{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"hello\"}]}}]}\n",
            "MAX_TOKENS"},
        EndCase{
            "converse",
            "bedrock",
            Api::converse,
            StreamFraming::eventstream,
            "application/vnd.amazon.eventstream",
            converse_begin(),
            "max_tokens"},
        EndCase{
            "cohere",
            "cohere",
            Api::cohere_chat,
            StreamFraming::sse,
            "text/event-stream",
            "event: message-start\ndata: {\"type\":\"message-start\",\"id\":\"x\"}\n\n"
            "event: content-delta\ndata: {\"type\":\"content-delta\",\"index\":0,\"delta\":{"
            "\"message\":{\"content\":{\"text\":\"hello\"}}}}\n\n",
            "MAX_TOKENS"},
        EndCase{
            "ollama",
            "ollama",
            Api::ollama_chat,
            StreamFraming::ndjson,
            "application/x-ndjson",
            "{\"model\":\"m\",\"message\":{\"role\":\"assistant\",\"content\":\"hello\"},\"done\":"
            "false}\n",
            "length"},
        EndCase{
            "responses",
            "openai",
            Api::responses,
            StreamFraming::sse,
            "text/event-stream",
            "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\","
            "\"delta\":\"hello\"}\n\n",
            "incomplete"}),
    [](const auto& one) { return std::string(one.param.name); });

TEST(OpenPart, IsTheBlockThatWasNotClosed) {
    OpenPart open;
    open.reset(Api::messages);
    EXPECT_EQ(open.index(), std::nullopt);

    open.see("data: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{}}\n\n");
    EXPECT_EQ(open.index(), 1);

    open.see(
        "data: {\"type\": \"content_block_delta\", \"index\": 1,\"delta\":{\"text\":"
        "\"\\\"content_block_stop\\\"\"}}\n\n");
    EXPECT_EQ(open.index(), 1) << "a text that speaks of events is text";

    open.see("data: {\"type\":\"content_block_stop\",\"index\":1}\n\n");
    EXPECT_EQ(open.index(), std::nullopt);
}

TEST(OpenPart, IsKnownOfBedrocksFrames) {
    OpenPart open;
    open.reset(Api::converse);
    open.see(converse_begin());
    EXPECT_EQ(open.index(), 3);

    std::string stop;
    append_event_frame("contentBlockStop", R"({"contentBlockIndex":3})", stop);
    open.see(stop);
    EXPECT_EQ(open.index(), std::nullopt);
}

TEST(StreamEnd, ClosesTheOpenPartOnly) {
    std::string open;
    append_stream_end({.api = Api::messages, .open_part = 2}, open);
    std::string closed;
    append_stream_end({.api = Api::messages}, closed);

    EXPECT_TRUE(open.starts_with(
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":2}\n\n"));
    EXPECT_TRUE(closed.starts_with("event: message_delta\n"));
    EXPECT_TRUE(closed.ends_with("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
}

TEST(StreamEnd, IsNotMadeUpWhereTheFormatIsNotKnown) {
    EXPECT_FALSE(can_end_stream(Api::invoke, StreamFraming::eventstream));
    EXPECT_FALSE(can_end_stream(Api::messages, StreamFraming::eventstream));
}

}  // namespace
}  // namespace pulse::llm
