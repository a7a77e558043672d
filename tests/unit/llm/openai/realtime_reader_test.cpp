#include "llm/openai/realtime_reader.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::llm {
namespace {

// The shape of OpenAI's own example of response.done, with every count in place.
// Source: https://platform.openai.com/docs/api-reference/realtime-server-events/response/done
constexpr std::string_view kDone =
    R"({"type":"response.done","event_id":"event_1","response":{"object":"realtime.response",
"id":"resp_1","status":"completed","status_details":null,"output":[{"id":"item_1","type":"message","status":"completed",
"role":"assistant","content":[{"type":"output_audio","transcript":"{\"usage\":{\"input_tokens\":9}} said the usage"}]}],
"usage":{"total_tokens":275,"input_tokens":127,"output_tokens":148,"input_token_details":{"text_tokens":119,
"audio_tokens":8,"image_tokens":0,"cached_tokens":64,"cached_tokens_details":{"text_tokens":59,"audio_tokens":5}},
"output_token_details":{"text_tokens":36,"audio_tokens":112}},"metadata":null}})";

RealtimeEvent read(std::string_view json) {
    RealtimeEvent event;
    EXPECT_TRUE(read_realtime_event(json, event)) << json;
    return event;
}

TEST(RealtimeReader, ReadsAResponsesUsageIntoDisjointClasses) {
    const RealtimeEvent event = read(kDone);

    EXPECT_EQ(event.kind, RealtimeKind::response_done);
    EXPECT_EQ(event.response_id, "resp_1");
    EXPECT_EQ(event.status, "completed");
    EXPECT_TRUE(event.has_usage);
    EXPECT_FALSE(event.is_inconsistent);
    EXPECT_EQ(event.usage.input_uncached, 63);
    EXPECT_EQ(event.usage.cached_read, 64);
    EXPECT_EQ(event.usage.of_input_audio, 8);
    EXPECT_EQ(event.usage.of_cached_audio, 5);
    EXPECT_EQ(event.usage.output_total, 148);
    EXPECT_EQ(event.usage.of_output_audio, 112);
    EXPECT_EQ(event.usage.total(), 275);
}

TEST(RealtimeReader, ReadsImagesOfAResponsesInput) {
    const RealtimeEvent event = read(
        R"({"type":"response.done","response":{"id":"r","status":"completed","usage":{"input_tokens":900,"output_tokens":10,)"
        R"("input_token_details":{"text_tokens":100,"image_tokens":800,"cached_tokens":0}}}})");
    EXPECT_EQ(event.usage.of_input_image, 800);
    EXPECT_EQ(event.usage.input_uncached, 900);
}

TEST(RealtimeReader, TellsAFailedResponseWithoutUsageFromAnExplicitZero) {
    const RealtimeEvent failed = read(
        R"({"type":"response.done","response":{"id":"r","status":"failed","status_details":{"type":"failed",)"
        R"("error":{"type":"server_error","code":"rate_limit_exceeded"}},"usage":null}})");
    EXPECT_EQ(failed.kind, RealtimeKind::response_done);
    EXPECT_FALSE(failed.has_usage);
    EXPECT_EQ(failed.error_code, "rate_limit_exceeded");

    const RealtimeEvent zero = read(
        R"({"type":"response.done","response":{"id":"r","status":"cancelled","status_details":{"reason":"turn_detected"},)"
        R"("usage":{"total_tokens":0,"input_tokens":0,"output_tokens":0}}})");
    EXPECT_TRUE(zero.has_usage);
    EXPECT_EQ(zero.usage, Usage{});
    EXPECT_EQ(zero.reason, "turn_detected");
}

TEST(RealtimeReader, ReadsTranscriptionsByTokensAndBySeconds) {
    const RealtimeEvent tokens = read(
        R"({"type":"conversation.item.input_audio_transcription.completed","event_id":"e","item_id":"item_3","content_index":0,)"
        R"("transcript":"Hey","usage":{"type":"tokens","total_tokens":26,"input_tokens":17,)"
        R"("input_token_details":{"text_tokens":0,"audio_tokens":17},"output_tokens":9}})");
    EXPECT_EQ(tokens.kind, RealtimeKind::transcription);
    EXPECT_EQ(tokens.response_id, "item_3");
    EXPECT_EQ(tokens.usage.input_uncached, 17);
    EXPECT_EQ(tokens.usage.of_input_audio, 17);
    EXPECT_EQ(tokens.usage.output_total, 9);

    const RealtimeEvent seconds =
        read(R"({"type":"conversation.item.input_audio_transcription.completed","item_id":"i",)"
             R"("usage":{"type":"duration","seconds":3.2}})");
    EXPECT_TRUE(seconds.has_usage);
    EXPECT_EQ(seconds.usage.audio_seconds, 4);
    EXPECT_EQ(seconds.usage.input_total(), 0);
}

TEST(RealtimeReader, ReadsModelsOfASessionInBothFormsOfTheApi) {
    const RealtimeEvent present = read(
        R"({"type":"session.updated","session":{"type":"realtime","model":"gpt-realtime-2025-08-28","audio":{"input":)"
        R"({"format":{"type":"audio/pcm","rate":24000},"transcription":{"model":"gpt-4o-transcribe"}},"output":{"voice":"marin"}}}})");
    EXPECT_EQ(present.kind, RealtimeKind::session);
    EXPECT_EQ(present.model, "gpt-realtime-2025-08-28");
    EXPECT_EQ(present.transcription_model, "gpt-4o-transcribe");

    const RealtimeEvent beta = read(
        R"({"type":"session.created","session":{"model":"gpt-4o-realtime-preview","input_audio_transcription":null}})");
    EXPECT_TRUE(beta.names_transcription);
    EXPECT_EQ(beta.transcription_model, "");
}

TEST(RealtimeReader, NoticesUsageOfEventsThatItDoesNotKnow) {
    EXPECT_EQ(
        read(R"({"usage":{"input_tokens":5,"output_tokens":6},"type":"something.new"})").kind,
        RealtimeKind::other_usage);
    EXPECT_EQ(read(R"({"type":"rate_limits.updated","rate_limits":[]})").kind, RealtimeKind::other);
}

TEST(RealtimeReader, RefusesWhatIsNoObject) {
    RealtimeEvent event;
    for (const std::string_view bad :
         {"", "[]", "{", "nonsense", R"({"type":"response.done")", "{} {}"}) {
        EXPECT_FALSE(read_realtime_event(bad, event)) << bad;
    }
}

TEST(RealtimeReader, CountsThatNoResponseCanHaveAreClampedAndFlagged) {
    const RealtimeEvent event =
        read(R"({"type":"response.done","response":{"usage":{"input_tokens":-5,"output_tokens":3,)"
             R"("input_token_details":{"audio_tokens":99}}}})");
    EXPECT_TRUE(event.is_inconsistent);
    EXPECT_EQ(event.usage.input_uncached, 0);
    EXPECT_EQ(event.usage.of_input_audio, 0);
}

TEST(RealtimeReader, ReadsTextAsItIsMade) {
    const RealtimeEvent event = read(
        R"({"type":"response.output_audio_transcript.delta","item_id":"i","delta":"Hel\"lo"})");
    EXPECT_EQ(event.kind, RealtimeKind::text_delta);
    EXPECT_EQ(event.text, R"(Hel\"lo)");
    EXPECT_EQ(
        read(R"({"type":"conversation.item.input_audio_transcription.delta","delta":"x"})").kind,
        RealtimeKind::other);
}

TEST(RealtimeEventText, KeepsAnEventInPiecesAndDropsWhatTheModelSays) {
    RealtimeEventText text;
    for (const char c : kDone) {
        text.add({&c, 1});
    }
    EXPECT_EQ(text.whole(), kDone);
    EXPECT_FALSE(text.is_too_long());

    const std::string audio = R"({"type":"response.output_audio.delta","event_id":"e","delta":")" +
                              std::string(6 << 20, 'A') + "\"}";
    for (std::size_t at = 0; at < audio.size(); at += 16384) {
        text.add(std::string_view{audio}.substr(at, 16384));
    }
    EXPECT_EQ(text.whole(), "");
    EXPECT_FALSE(text.is_too_long());
    EXPECT_GE(text.audio_bytes() + 256, audio.size());

    text.add(R"({"type":"response.created"})");
    EXPECT_EQ(text.whole(), R"({"type":"response.created"})");
    EXPECT_EQ(text.audio_bytes(), 0U);
}

TEST(RealtimeEventText, KeepsADeltaWhoseTypeComesLateAndSaysWhatIsTooLong) {
    RealtimeEventText text;
    text.add(R"({"event_id":"e","type":"response.output_audio.delta"})");
    EXPECT_FALSE(text.whole().empty());

    text.add(R"({"type":"response.done","x":")");
    for (int i = 0; i < 6; ++i) {
        text.add(std::string(std::size_t{1} << 20, 'x'));
    }
    EXPECT_EQ(text.whole(), "");
    EXPECT_TRUE(text.is_too_long());
    text.add("{}");
    EXPECT_EQ(text.whole(), "{}");
    EXPECT_FALSE(text.is_too_long());
}

TEST(RealtimeErrorEvent, IsAnEventOfTheApiWhateverTheTextsHold) {
    const std::string event =
        realtime_error_event("event_1", "insufficient_quota", "insufficient_quota", "a \"b\"\n");
    EXPECT_EQ(
        event,
        R"({"type":"error","event_id":"event_1","error":{"type":"insufficient_quota","code":"insufficient_quota",)"
        R"("message":"a \"b\"\n","param":null,"event_id":null}})");
}

}  // namespace
}  // namespace pulse::llm
