#include "llm/bedrock/answer_reader.h"

#include "llm/eventstream/frame_writer.h"
#include "tests/unit/llm/native/read_events.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <string>

namespace pulse::llm {
namespace {

/// The payload of a `chunk` event that holds `json`.
std::string chunk(std::string_view json) {
    std::string base64((json.size() + 2) / 3 * 4 + 1, '\0');
    const int size = EVP_EncodeBlock(
        reinterpret_cast<unsigned char*>(base64.data()),
        reinterpret_cast<const unsigned char*>(json.data()),
        static_cast<int>(json.size()));
    base64.resize(static_cast<std::size_t>(size));
    return R"({"bytes":")" + base64 + R"(","p":"abc"})";
}

EventRun run_chunks(std::initializer_list<std::string_view> events) {
    EventRun run;
    for (const std::string_view event : events) {
        run.last = {};
        run.last.keeps_text = true;
        const std::string payload = chunk(event);
        const Padded padded{payload};
        run.is_read =
            read_bedrock_invoke_event(
                {.raw = payload, .name = "chunk", .data = padded.view(), .is_stream = true},
                run.reading,
                run.last) &&
            run.is_read;
    }
    return run;
}

TEST(BedrockConverseReader, ReadsAWholeAnswer) {
    const EventRun run = run_whole(
        read_bedrock_converse_event,
        R"({"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"Hm","signature":"x"}}},
            {"text":"Hi"},{"toolUse":{"toolUseId":"t","name":"f","input":{ "a" : 1 }}}]}},"stopReason":"tool_use",
            "usage":{"inputTokens":3,"outputTokens":227,"totalTokens":1942,"cacheReadInputTokens":5,"cacheReadInputTokenCount":5,
              "cacheWriteInputTokens":1712,"cacheWriteInputTokenCount":1712,
              "cacheDetails":[{"ttl":"5m","inputTokens":1700},{"ttl":"1h","inputTokens":12}]},
            "serviceTier":{"type":"flex"},"trace":{"promptRouter":{"invokedModelId":"arn:aws:bedrock:m"}}})");

    EXPECT_TRUE(run.is_read);
    EXPECT_EQ(run.stated(UsageField::input), 3);
    EXPECT_EQ(run.stated(UsageField::output), 227);
    EXPECT_EQ(run.stated(UsageField::cached_read), 5);
    EXPECT_EQ(run.stated(UsageField::cache_write), 1712);
    EXPECT_EQ(run.stated(UsageField::cache_write_5m), 1700);
    EXPECT_EQ(run.stated(UsageField::cache_write_1h), 12);
    EXPECT_EQ(run.reading.service_tier, "flex");
    EXPECT_EQ(run.reading.model, "arn:aws:bedrock:m");
    EXPECT_EQ(run.reading.finish_reason, "tool_use");
    EXPECT_EQ(unescaped_text(run.reading.delivered_text), "HmHi{\"a\":1}");
    EXPECT_FALSE(run.reading.is_error);
}

TEST(BedrockConverseReader, FindsTheUsageOfAStreamBehindItsStop) {
    EventRun run = run_stream(
        read_bedrock_converse_event,
        {R"({"contentBlockIndex":0,"delta":{"text":"Hi"},"p":"abc"})",
         R"({"contentBlockIndex":1,"delta":{"toolUse":{"input":"{\"a\""}},"p":"abc"})",
         R"({"contentBlockIndex":2,"delta":{"reasoningContent":{"text":"Hm"}}})"},
        "contentBlockDelta");
    EXPECT_EQ(unescaped_text(run.reading.delivered_text), "Hi{\"a\"Hm");
    EXPECT_FALSE(run.last.is_terminator);

    run = run_stream(
        read_bedrock_converse_event, {R"({"p":"a","stopReason":"end_turn"})"}, "messageStop");
    EXPECT_TRUE(run.last.has_finish);
    EXPECT_FALSE(run.last.is_terminator);

    run = run_stream(
        read_bedrock_converse_event,
        {R"({"metrics":{"latencyMs":1},"usage":{"inputTokens":1,"outputTokens":2,"totalTokens":3,"serverToolUsage":{}}})"},
        "metadata");
    EXPECT_TRUE(run.last.has_usage);
    EXPECT_TRUE(run.last.is_terminator);
    EXPECT_EQ(run.stated(UsageField::output), 2);
}

TEST(BedrockConverseReader, ReadsExceptionsOfBodyAndStream) {
    const EventRun body =
        run_whole(read_bedrock_converse_event, R"({"message":"Too many tokens"})");
    EXPECT_TRUE(body.reading.is_error);
    EXPECT_EQ(body.reading.error.message, "Too many tokens");

    const EventRun event =
        run_stream(read_bedrock_converse_event, {R"({"message":"slow"})"}, "throttlingException");
    EXPECT_TRUE(event.last.has_error);
    EXPECT_EQ(event.reading.error.type, "throttlingException");
}

TEST(BedrockException, TakesMessagesThatAreNoEvents) {
    std::string bytes;
    append_exception_frame("modelStreamErrorException", R"({"message":"it \"broke\""})", bytes);
    append_exception_frame("validationException", "no JSON", bytes);
    append_event_frame("metadata", "{}", bytes);
    EventStreamScanner scanner;
    scanner.feed(bytes);
    EventStreamFrame frame;
    MeterReading reading;
    EventFacts facts;

    ASSERT_TRUE(scanner.next(frame));
    EXPECT_TRUE(read_bedrock_exception(frame, reading, facts));
    EXPECT_TRUE(facts.has_error);
    EXPECT_EQ(reading.error.type, "modelStreamErrorException");
    EXPECT_EQ(reading.error.message, "it \"broke\"");
    ASSERT_TRUE(scanner.next(frame));
    EXPECT_TRUE(read_bedrock_exception(frame, reading, facts));
    EXPECT_EQ(reading.error.type, "validationException");
    EXPECT_EQ(reading.error.message, "");
    ASSERT_TRUE(scanner.next(frame));
    EXPECT_FALSE(read_bedrock_exception(frame, reading, facts));
}

TEST(BedrockHead, IsTheLastSourceAndNeverAdded) {
    BedrockHead head;
    head.on_field("X-Amzn-Bedrock-Input-Token-Count", "16");
    head.on_field("x-amzn-bedrock-output-token-count", "82");
    head.on_field("x-amzn-bedrock-cache-read-input-token-count", "4");
    head.on_field("x-amzn-bedrock-cache-write-input-token-count", "no number");

    EventRun silent = run_whole(
        read_bedrock_invoke_event,
        R"({"completion":" Hi","stop_reason":"stop_sequence","stop":"x"})");
    head.complete(silent.reading);
    EXPECT_TRUE(silent.reading.usage_present);
    EXPECT_EQ(silent.stated(UsageField::input), 16);
    EXPECT_EQ(silent.stated(UsageField::output), 82);
    EXPECT_EQ(silent.stated(UsageField::cached_read), 4);
    EXPECT_FALSE(silent.reading.stated.has(UsageField::cache_write));

    EventRun stating =
        run_whole(read_bedrock_invoke_event, R"({"output":{},"usage":{"inputTokens":30}})");
    head.complete(stating.reading);
    EXPECT_EQ(stating.stated(UsageField::input), 30);
    EXPECT_FALSE(stating.reading.stated.has(UsageField::output));
}

TEST(BedrockHead, NamesTheErrorAndKeepsItsMessage) {
    BedrockHead head;
    head.on_field(
        "x-amzn-ErrorType",
        "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/");
    EventRun run =
        run_whole(read_bedrock_converse_event, R"({"message":"The model id is invalid."})");
    head.complete(run.reading);
    EXPECT_EQ(run.reading.error.type, "ValidationException");
    EXPECT_EQ(run.reading.error.message, "The model id is invalid.");
    EXPECT_EQ(run.reading.error_code, "ValidationException");
}

TEST(BedrockInvokeReader, LetsClaudesOwnCountsWinOverTheMetrics) {
    const EventRun run = run_chunks(
        {R"({"type":"message_start","message":{"id":"m","model":"claude-3-5-sonnet","usage":{"input_tokens":702,"output_tokens":1}}})",
         R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":130}})",
         R"({"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":702,"outputTokenCount":98}})"});

    EXPECT_TRUE(run.is_read);
    EXPECT_EQ(run.stated(UsageField::input), 702);
    EXPECT_EQ(run.stated(UsageField::output), 130);
    EXPECT_TRUE(run.last.is_terminator);
}

TEST(BedrockInvokeReader, TakesTheMetricsWhereTheFamilyHasNoUsage) {
    const EventRun run = run_chunks(
        {R"({"is_finished":false,"event_type":"text-generation","text":"The"})",
         R"({"is_finished":true,"event_type":"stream-end","response":{"text":"The","meta":{"billed_units":{"input_tokens":9},
             "tokens":{"input_tokens":73}}},"finish_reason":"COMPLETE",
             "amazon-bedrock-invocationMetrics":{"inputTokenCount":7,"outputTokenCount":8,"cacheReadInputTokenCount":1}})"});

    EXPECT_EQ(run.stated(UsageField::input), 7);
    EXPECT_EQ(run.stated(UsageField::output), 8);
    EXPECT_EQ(run.stated(UsageField::cached_read), 1);
    EXPECT_EQ(run.reading.finish_reason, "COMPLETE");
    EXPECT_EQ(run.reading.delivered_text, "The");
    EXPECT_TRUE(run.last.is_terminator);
}

TEST(BedrockInvokeReader, ReadsNovasEventsAndDoesNotAddTheMetrics) {
    const EventRun run = run_chunks(
        {R"({"messageStart":{"role":"assistant"}})",
         R"({"contentBlockDelta":{"delta":{"text":"Hi"},"contentBlockIndex":0}})",
         R"({"messageStop":{"stopReason":"end_turn"}})",
         R"({"metadata":{"usage":{"inputTokens":427,"outputTokens":156,"cacheReadInputTokenCount":0},"metrics":{},"trace":{}},
             "amazon-bedrock-invocationMetrics":{"inputTokenCount":427,"outputTokenCount":156}})"});

    EXPECT_EQ(run.stated(UsageField::input), 427);
    EXPECT_EQ(run.stated(UsageField::output), 156);
    EXPECT_EQ(run.reading.stated.get(UsageField::cached_read), 0);
    EXPECT_EQ(run.reading.finish_reason, "end_turn");
    EXPECT_EQ(run.reading.delivered_text, "Hi");
}

TEST(BedrockInvokeReader, ReadsLlamasStreamWhoseInputComesFirst) {
    const EventRun run = run_chunks(
        {R"({"generation":"a","prompt_token_count":12,"generation_token_count":1,"stop_reason":null})",
         R"({"generation":"b","prompt_token_count":null,"generation_token_count":2,"stop_reason":"stop"})"});
    EXPECT_EQ(run.stated(UsageField::input), 12);
    EXPECT_EQ(run.stated(UsageField::output), 2);
    EXPECT_EQ(run.reading.finish_reason, "stop");
    EXPECT_EQ(run.reading.delivered_text, "ab");
}

struct FamilyCase {
    std::string_view body;
    std::int64_t input;
    std::int64_t output;
    std::string_view finish;
    std::string_view text;
};

TEST(BedrockInvokeReader, ReadsTheBodiesOfTheFamilies) {
    const FamilyCase cases[] = {
        {R"({"inputTextTokenCount":18,"results":[{"tokenCount":30,"outputText":"a","completionReason":"FINISH"},
            {"tokenCount":20,"outputText":"b","completionReason":"LENGTH"}]})",
         18,
         50,
         "LENGTH",
         "ab"},
        {R"({"embedding":[0.1],"embeddingsByType":{"float":[0.1]},"inputTextTokenCount":3})",
         3,
         0,
         "",
         ""},
        {R"({"generation":"a","prompt_token_count":5,"generation_token_count":6,"stop_reason":"length"})",
         5,
         6,
         "length",
         "a"},
        {R"({"object":"text_completion","model":"m","choices":[{"index":0,"text":"a","finish_reason":"length"}],
            "usage":{"prompt_tokens":6,"completion_tokens":100,"total_tokens":106}})",
         6,
         100,
         "length",
         "a"},
        {R"({"choices":[{"message":{"content":"a","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],
            "usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"completion_tokens_details":{"reasoning_tokens":1}}})",
         1,
         2,
         "tool_calls",
         "a{}"},
        {R"({"outputs":[{"text":"a","stop_reason":"stop"}]})", 0, 0, "stop", "a"},
        {R"({"id":"1","generations":[{"finish_reason":"COMPLETE","text":"a"}],"prompt":"p"})",
         0,
         0,
         "COMPLETE",
         "a"},
        {R"({"id":1,"prompt":{"text":"p"},"completions":[{"data":{"text":"a","tokens":[]},"finishReason":{"reason":"endoftext"}}]})",
         0,
         0,
         "endoftext",
         "a"},
    };
    for (const FamilyCase& one : cases) {
        SCOPED_TRACE(one.body);
        const EventRun run = run_whole(read_bedrock_invoke_event, one.body);
        EXPECT_TRUE(run.is_read);
        EXPECT_EQ(run.stated(UsageField::input), one.input);
        EXPECT_EQ(run.stated(UsageField::output), one.output);
        EXPECT_EQ(run.reading.usage_present, one.input != 0);
        EXPECT_EQ(run.reading.finish_reason, one.finish);
        EXPECT_EQ(run.reading.delivered_text, one.text);
    }
}

TEST(BedrockInvokeReader, TakesPegasusMessageForItsText) {
    const EventRun run =
        run_whole(read_bedrock_invoke_event, R"({"message":"A cat.","finishReason":"stop"})");
    EXPECT_FALSE(run.reading.is_error);
    EXPECT_EQ(run.reading.delivered_text, "A cat.");
    EXPECT_EQ(run.reading.finish_reason, "stop");
}

TEST(BedrockInvokeReader, CountsImages) {
    EXPECT_EQ(
        run_whole(read_bedrock_invoke_event, R"({"images":["AAAA","BBBB"],"error":null})")
            .reading.calls.images,
        2);
    EXPECT_EQ(
        run_whole(
            read_bedrock_invoke_event, R"({"result":"success","artifacts":[{"base64":"AAAA"}]})")
            .reading.calls.images,
        1);
}

TEST(BedrockInvokeReader, RefusesChunksThatAreNone) {
    for (const std::string_view payload :
         {R"({})",
          R"({"bytes":7})",
          R"({"bytes":"###"})",
          R"({"bytes":"AAA"})",
          R"({"bytes":"AAAA"})",
          R"({"bytes":""})",
          R"({"bytes":"e30=)",
          R"({"bytes":"bnVsbA=="})"}) {
        EXPECT_FALSE(run_stream(read_bedrock_invoke_event, {payload}, "chunk").is_read) << payload;
    }
    EXPECT_TRUE(run_stream(read_bedrock_invoke_event, {R"({"bytes":"e30="})"}, "chunk").is_read);
}

TEST(BedrockReaders, RefuseWhatIsNoObject) {
    for (const std::string_view text : kHostileTexts) {
        EXPECT_FALSE(run_whole(read_bedrock_converse_event, text).is_read) << text;
        EXPECT_FALSE(run_whole(read_bedrock_invoke_event, text).is_read) << text;
    }
    for (const std::string_view text : kOddObjects) {
        EXPECT_TRUE(run_whole(read_bedrock_converse_event, text).is_read) << text;
        EXPECT_TRUE(run_whole(read_bedrock_invoke_event, text).is_read) << text;
        EXPECT_FALSE(run_whole(read_bedrock_invoke_event, text).reading.usage_present) << text;
    }
}

}  // namespace
}  // namespace pulse::llm
