#include "llm/gemini/answer_reader.h"

#include "tests/unit/llm/native/read_events.h"

#include <gtest/gtest.h>

namespace pulse::llm {
namespace {

TEST(GeminiReader, TakesTheLastUsageWhole) {
    const EventRun run = run_stream(
        read_gemini_event,
        {R"({"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":169,
             "toolUsePromptTokenCount":5,"totalTokenCount":200,"promptTokensDetails":[{"modality":"AUDIO","tokenCount":9}]}})",
         R"({"candidates":[{"content":{"parts":[{"text":"b","thought":true}]},"finishReason":"STOP"}],
             "usageMetadata":{"promptTokenCount":79,"candidatesTokenCount":2,"thoughtsTokenCount":7,"totalTokenCount":88,
             "trafficType":"ON_DEMAND"},"modelVersion":"gemini-2.5-pro","responseId":"r1"})"});

    EXPECT_TRUE(run.is_read);
    EXPECT_EQ(run.stated(UsageField::input), 79);
    EXPECT_EQ(run.stated(UsageField::output), 2);
    EXPECT_EQ(run.stated(UsageField::reasoning), 7);
    EXPECT_EQ(run.stated(UsageField::total), 88);
    EXPECT_FALSE(run.reading.stated.has(UsageField::tool_use_prompt));
    EXPECT_FALSE(run.reading.stated.has(UsageField::audio_in));
    EXPECT_EQ(run.reading.model, "gemini-2.5-pro");
    EXPECT_EQ(run.reading.service_tier, "ON_DEMAND");
    EXPECT_EQ(run.reading.finish_reason, "STOP");
    EXPECT_TRUE(run.last.has_finish);
    EXPECT_EQ(run.reading.delivered_text, "ab");
}

TEST(GeminiReader, ReadsEnumerationsAsNumbers) {
    const EventRun run = run_whole(
        read_gemini_event,
        R"({"candidates":[{"finishReason":2}],"usageMetadata":{"promptTokenCount":5,"totalTokenCount":9,"trafficType":1,
            "promptTokensDetails":[{"modality":1,"tokenCount":1},{"modality":2,"tokenCount":2},{"modality":3,"tokenCount":3},
              {"modality":4,"tokenCount":4},{"modality":5,"tokenCount":5}],
            "candidatesTokensDetails":[{"modality":4,"tokenCount":8}],"cacheTokensDetails":[{"modality":2,"tokenCount":1}],
            "thoughtsTokenCount":4}})");

    EXPECT_EQ(run.reading.finish_reason, "2");
    EXPECT_TRUE(run.reading.finish_reason_is_number);
    EXPECT_EQ(run.reading.service_tier, "1");
    EXPECT_TRUE(run.reading.service_tier_is_number);
    EXPECT_EQ(run.stated(UsageField::text_in), 1);
    EXPECT_EQ(run.stated(UsageField::image_in), 2);
    EXPECT_EQ(run.stated(UsageField::video_in), 3);
    EXPECT_EQ(run.stated(UsageField::audio_in), 4);
    EXPECT_EQ(run.stated(UsageField::document_in), 5);
    EXPECT_EQ(run.stated(UsageField::audio_out), 8);
    EXPECT_EQ(run.stated(UsageField::image_cached), 1);
    EXPECT_FALSE(run.reading.stated.has(UsageField::output));
}

TEST(GeminiReader, FinishesWithTheFirstCandidatesReason) {
    const EventRun run = run_whole(
        read_gemini_event,
        R"({"candidates":[{"index":1,"finishReason":"MAX_TOKENS"},{"finishReason":"STOP"},{"index":2,"finishReason":0}]})");
    EXPECT_EQ(run.reading.finish_reason, "STOP");
    EXPECT_FALSE(
        run_whole(read_gemini_event, R"({"candidates":[{"finishReason":0}]})").last.has_finish);
}

TEST(GeminiReader, CountsSearchesOnceThoughEachChunkRepeatsThem) {
    const std::string_view chunk =
        R"({"candidates":[{"groundingMetadata":{"webSearchQueries":["a","b"]}}],"usageMetadata":{"promptTokenCount":1}})";
    const EventRun run = run_stream(
        read_gemini_event,
        {chunk,
         chunk,
         R"({"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":2}})"});
    EXPECT_EQ(run.reading.calls.web_searches, 2);
    EXPECT_EQ(run.stated(UsageField::input), 2);
}

TEST(GeminiReader, KeepsArgumentsAndCodeAsDeliveredText) {
    const EventRun run = run_whole(
        read_gemini_event,
        R"({"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{ "city" : "New \"York\"" }}},
            {"executableCode":{"language":"PYTHON","code":"print(1)\n"}},{"codeExecutionResult":{"output":"1"}},
            {"inlineData":{"data":"AAAA"}}]}}]})");
    EXPECT_EQ(
        unescaped_text(run.reading.delivered_text), "{\"city\":\"New \\\"York\\\"\"}print(1)\n");
}

TEST(GeminiReader, SumsTheTokensOfPredictions) {
    const EventRun run = run_whole(
        read_gemini_event,
        R"({"predictions":[{"embeddings":{"statistics":{"token_count":3,"truncated":false},"values":[0.1]}},
            {"embeddings":{"statistics":{"token_count":4.0},"values":[]}},{"bytesBase64Encoded":"AAAA"}]})");
    EXPECT_EQ(run.stated(UsageField::input), 7);
    EXPECT_TRUE(run.reading.usage_present);
    EXPECT_EQ(run.reading.calls.images, 1);
}

TEST(GeminiReader, ReadsCountsOfTokensOfEmbeddingsAndOfCaches) {
    EXPECT_EQ(run_whole(read_gemini_event, R"({"totalTokens":61})").stated(UsageField::input), 61);
    EXPECT_EQ(
        run_whole(
            read_gemini_event,
            R"({"embedding":{"values":[1]},"usageMetadata":{"promptTokenCount":4}})")
            .stated(UsageField::input),
        4);
    const EventRun cache = run_whole(
        read_gemini_event,
        R"({"name":"cachedContents/a","model":"models/m","usageMetadata":{"totalTokenCount":9}})");
    EXPECT_EQ(cache.stated(UsageField::total), 9);
    EXPECT_EQ(cache.reading.model, "models/m");
}

TEST(GeminiReader, SaysThatABlockedPromptIsTheEnd) {
    const EventRun run = run_whole(
        read_gemini_event,
        R"({"promptFeedback":{"blockReason":"SAFETY"},"usageMetadata":{"trafficType":"ON_DEMAND"}})");
    EXPECT_TRUE(run.last.has_finish);
    EXPECT_FALSE(run.reading.usage_present);
}

TEST(GeminiReader, ReadsErrorsAloneAndInAnArray) {
    for (
        const std::string_view body :
        {R"({"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"48s"}]}})",
         R"([{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED","details":[]}}
])"}) {
        const EventRun run = run_whole(read_gemini_event, body);
        EXPECT_TRUE(run.is_read);
        EXPECT_TRUE(run.reading.is_error);
        EXPECT_EQ(run.reading.error.type, "RESOURCE_EXHAUSTED");
        EXPECT_EQ(run.reading.error.code, (RawWord{"429", true}));
        EXPECT_EQ(run.reading.error.message, "slow down");
    }
}

TEST(GeminiReader, TakesTheTierOfTheHeadWhereTheBodyHasNone) {
    MeterReading reading;
    read_gemini_head_field("X-Gemini-Service-Tier", "flex", reading);
    EXPECT_EQ(reading.service_tier, "flex");
    read_gemini_head_field("x-gemini-service-tie", "other", reading);
    EXPECT_EQ(reading.service_tier, "flex");
}

TEST(GeminiReader, ReadsCountsWrittenAsText) {
    EXPECT_EQ(
        run_whole(
            read_gemini_event,
            R"({"usageMetadata":{"promptTokenCount":"12","totalTokenCount":"x"}})")
            .stated(UsageField::input),
        12);
}

TEST(GeminiReader, RefusesWhatIsNoObject) {
    for (const std::string_view text : kHostileTexts) {
        EXPECT_FALSE(run_whole(read_gemini_event, text).is_read) << text;
        EXPECT_FALSE(run_whole(read_gemini_interaction_event, text).is_read) << text;
    }
    for (const std::string_view text : kOddObjects) {
        EXPECT_TRUE(run_whole(read_gemini_event, text).is_read) << text;
        EXPECT_FALSE(run_whole(read_gemini_event, text).reading.usage_present) << text;
        EXPECT_TRUE(run_whole(read_gemini_interaction_event, text).is_read) << text;
    }
}

TEST(GeminiInteractionReader, ReadsTheUsageOfTheCompletedEvent) {
    const EventRun run = run_stream(
        read_gemini_interaction_event,
        {R"({"interaction":{"id":"v1_a","status":"in_progress","model":"gemini-2.5-flash"},"event_type":"interaction.created"})",
         R"({"index":1,"delta":{"text":"Hi","type":"text"},"event_type":"step.delta"})",
         R"({"interaction":{"id":"v1_a","status":"completed","usage":{"total_tokens":242,"total_input_tokens":9,
             "input_tokens_by_modality":[{"modality":"audio","tokens":4}],"total_cached_tokens":0,"total_output_tokens":13,
             "total_tool_use_tokens":0,"total_thought_tokens":220},"service_tier":"standard"},
             "event_type":"interaction.completed"})"});

    EXPECT_EQ(run.stated(UsageField::input), 9);
    EXPECT_EQ(run.stated(UsageField::output), 13);
    EXPECT_EQ(run.stated(UsageField::reasoning), 220);
    EXPECT_EQ(run.stated(UsageField::audio_in), 4);
    EXPECT_TRUE(run.reading.usage_present);
    EXPECT_EQ(run.reading.delivered_text, "Hi");
    EXPECT_EQ(run.reading.model, "gemini-2.5-flash");
    EXPECT_TRUE(run.last.has_finish);
}

TEST(GeminiInteractionReader, HasNoUsageWhileItWorksInTheBackground) {
    const EventRun run = run_whole(
        read_gemini_interaction_event,
        R"({"id":"v1_a","status":"in_progress","object":"interaction","agent":"deep-research"})");
    EXPECT_TRUE(run.is_read);
    EXPECT_FALSE(run.reading.usage_present);
    EXPECT_EQ(run.reading.response_id, "v1_a");
}

}  // namespace
}  // namespace pulse::llm
