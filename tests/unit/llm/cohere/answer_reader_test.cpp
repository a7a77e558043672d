#include "llm/cohere/answer_reader.h"

#include "tests/unit/llm/native/read_events.h"

#include <gtest/gtest.h>

namespace pulse::llm {
namespace {

TEST(CohereReader, TellsBilledUnitsFromTokens) {
    const EventRun run = run_whole(
        read_cohere_event,
        R"({"id":"1f","message":{"role":"assistant","tool_plan":"I will ","content":[{"type":"thinking","thinking":"Hm "},
            {"type":"text","text":"say 8."}],"tool_calls":[{"function":{"name":"f","arguments":"{\"a\":1}"}}]},
            "finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":47,"output_tokens":50.0},
            "tokens":{"input_tokens":1563,"output_tokens":55,"reasoning_tokens":38,"image_tokens":9},"cached_tokens":1360}})");

    EXPECT_TRUE(run.is_read);
    EXPECT_EQ(run.stated(UsageField::billed_input), 47);
    EXPECT_EQ(run.stated(UsageField::billed_output), 50);
    EXPECT_EQ(run.stated(UsageField::input), 1563);
    EXPECT_EQ(run.stated(UsageField::output), 55);
    EXPECT_EQ(run.stated(UsageField::cached_read), 1360);
    EXPECT_EQ(run.reading.response_id, "1f");
    EXPECT_EQ(unescaped_text(run.reading.delivered_text), "I will Hm say 8.{\"a\":1}");
}

TEST(CohereReader, ReadsTheStreamOfV2) {
    const EventRun run = run_stream(
        read_cohere_event,
        {R"({"id":"6b","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_calls":[]}}})",
         R"({"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I "}}})",
         R"({"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"will"}}}})",
         R"({"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{"}}}}})",
         R"({"type":"message-end","delta":{"finish_reason":"TOOL_CALL","usage":{"billed_units":{"input_tokens":71,
             "output_tokens":8},"tokens":{"input_tokens":1678,"output_tokens":11}}}})"});

    EXPECT_EQ(run.stated(UsageField::billed_input), 71);
    EXPECT_TRUE(run.last.has_usage);
    EXPECT_TRUE(run.last.has_finish);
    EXPECT_FALSE(run.last.is_terminator);
    EXPECT_EQ(run.reading.finish_reason, "TOOL_CALL");
    EXPECT_EQ(run.reading.delivered_text, "I will{");
}

TEST(CohereReader, ReadsTheStreamOfV1AndCountsItsRepeatedTextOnce) {
    const EventRun run = run_stream(
        read_cohere_event,
        {R"({"is_finished":false,"event_type":"text-generation","text":" Pluto"})",
         R"({"is_finished":true,"event_type":"stream-end","finish_reason":"COMPLETE","response":{"response_id":"1c",
             "text":" Pluto","meta":{"api_version":{"version":"1"},"billed_units":{"input_tokens":5,"output_tokens":55}}}})"});

    EXPECT_EQ(run.stated(UsageField::billed_output), 55);
    EXPECT_EQ(run.reading.delivered_text, " Pluto");
    EXPECT_EQ(run.reading.response_id, "1c");
    EXPECT_TRUE(run.last.is_terminator);
}

TEST(CohereReader, ReadsSearchUnitsAndTheTokensOfImages) {
    EXPECT_EQ(
        run_whole(
            read_cohere_event,
            R"({"results":[{"index":3}],"meta":{"billed_units":{"search_units":1}}})")
            .stated(UsageField::search_units),
        1);
    const EventRun embeddings = run_whole(
        read_cohere_event,
        R"({"embeddings":{"float":[[0.1]]},"meta":{"billed_units":{"input_tokens":7,"image_tokens":900}}})");
    EXPECT_EQ(embeddings.stated(UsageField::billed_input), 7);
    EXPECT_EQ(embeddings.stated(UsageField::image_in), 900);
}

TEST(CohereReader, HasNoUsageWhereMetaNamesTheVersionAlone) {
    const EventRun run = run_whole(
        read_cohere_event,
        R"({"tokens":[9707],"token_strings":["Hello"],"meta":{"api_version":{"version":"1"}}})");
    EXPECT_FALSE(run.reading.usage_present);
}

TEST(CohereReader, ReadsErrorsOfBodyAndStream) {
    const EventRun body = run_whole(
        read_cohere_event, R"({"error_type":"TOO_MANY_TOKENS","id":"c1","message":"too many"})");
    EXPECT_TRUE(body.reading.is_error);
    EXPECT_EQ(body.reading.error.message, "too many");
    EXPECT_EQ(body.reading.error.type, "TOO_MANY_TOKENS");

    const EventRun stream = run_stream(
        read_cohere_event,
        {R"({"type":"message-end","delta":{"error":"it broke","finish_reason":"ERROR"}})"});
    EXPECT_TRUE(stream.last.has_error);
    EXPECT_EQ(stream.reading.error.message, "it broke");
}

TEST(CohereReader, RefusesWhatIsNoObject) {
    for (const std::string_view text : kHostileTexts) {
        EXPECT_FALSE(run_whole(read_cohere_event, text).is_read) << text;
    }
    for (const std::string_view text : kOddObjects) {
        EXPECT_TRUE(run_whole(read_cohere_event, text).is_read) << text;
        EXPECT_FALSE(run_whole(read_cohere_event, text).reading.usage_present) << text;
    }
}

}  // namespace
}  // namespace pulse::llm
