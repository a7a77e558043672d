#include "llm/anthropic/answer_reader.h"

#include "tests/unit/llm/native/read_events.h"

#include <gtest/gtest.h>

#include <string>

namespace pulse::llm {
namespace {

constexpr std::string_view kStart =
    R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-6",)"
    R"("content":[],"stop_reason":null,"usage":{"input_tokens":2479,"cache_creation_input_tokens":300,)"
    R"("cache_read_input_tokens":5,"cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},)"
    R"("output_tokens":3,"service_tier":"standard"}}})";
constexpr std::string_view kDelta =
    R"({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":404500,)"
    R"("cache_creation_input_tokens":300,"cache_read_input_tokens":5,"output_tokens":2000,)"
    R"("output_tokens_details":{"thinking_tokens":47},"server_tool_use":{"web_search_requests":10,"web_fetch_requests":2}}})";

TEST(AnthropicReader, LetsTheDeltaOverrideTheStartKeyByKey) {
    const EventRun run = run_stream(read_anthropic_event, {kStart, kDelta});

    EXPECT_TRUE(run.is_read);
    EXPECT_EQ(run.stated(UsageField::input), 404500);
    EXPECT_EQ(run.stated(UsageField::output), 2000);
    EXPECT_EQ(run.stated(UsageField::cached_read), 5);
    EXPECT_EQ(run.stated(UsageField::cache_write), 300);
    EXPECT_EQ(run.stated(UsageField::cache_write_5m), 100);
    EXPECT_EQ(run.stated(UsageField::cache_write_1h), 200);
    EXPECT_EQ(run.stated(UsageField::reasoning), 47);
    EXPECT_EQ(run.stated(UsageField::web_search_requests), 10);
    EXPECT_EQ(run.stated(UsageField::web_fetch_requests), 2);
    EXPECT_TRUE(run.reading.usage_present);
    EXPECT_EQ(run.reading.finish_reason, "end_turn");
    EXPECT_EQ(run.reading.service_tier, "standard");
    EXPECT_TRUE(run.last.has_finish);
    EXPECT_TRUE(run.last.has_usage);
    EXPECT_FALSE(run.last.is_terminator);
}

TEST(AnthropicReader, ReadsWhereAndHowFastItWasServed) {
    const EventRun run = run_stream(
        read_anthropic_event,
        {R"({"type":"message_start","message":{"id":"msg_1","model":"claude-opus-4-6","usage":{"input_tokens":9,)"
         R"("output_tokens":1,"service_tier":"standard","speed":"fast","inference_geo":"us"}}})",
         R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}})"});

    EXPECT_EQ(run.reading.service_tier, "standard");
    EXPECT_EQ(run.reading.speed, "fast");
    EXPECT_EQ(run.reading.inference_geo, "us");
}

TEST(AnthropicReader, KeepsTheInputAloneUntilTheDeltaComes) {
    const EventRun run = run_stream(
        read_anthropic_event,
        {kStart,
         R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi \u00e9\n"}})",
         R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}})",
         R"({"type":"content_block_delta","index":1,"delta":{"type":"thinking_delta","thinking":"Hm"}})"});

    EXPECT_FALSE(run.reading.usage_present);
    EXPECT_EQ(run.stated(UsageField::input), 2479);
    EXPECT_EQ(unescaped_text(run.reading.delivered_text), "Hi é\n{\"a\":Hm");
    EXPECT_EQ(run.reading.delivered_text_bytes, 13);
}

TEST(AnthropicReader, TakesAnOlderDeltaThatHasTheOutputAlone) {
    const EventRun run = run_stream(
        read_anthropic_event,
        {kStart,
         R"({"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"output_tokens":85}})",
         R"({"type":"message_stop"   })"});

    EXPECT_EQ(run.stated(UsageField::input), 2479);
    EXPECT_EQ(run.stated(UsageField::output), 85);
    EXPECT_TRUE(run.last.is_terminator);
}

TEST(AnthropicReader, BillsOtherIterationsBesideTheAnswer) {
    const EventRun run = run_whole(
        read_anthropic_event,
        R"({"type":"message","id":"m","model":"claude-a","content":[],"stop_reason":"end_turn","usage":{"input_tokens":220,
            "output_tokens":8,"iterations":[
              {"type":"message","input_tokens":220,"output_tokens":8},
              {"type":"compaction","input_tokens":55196,"output_tokens":125,
               "cache_creation":{"ephemeral_1h_input_tokens":7}},
              {"type":"fallback_message","model":"claude-b","input_tokens":1,"output_tokens":2}]}})");

    EXPECT_EQ(run.stated(UsageField::input), 220);
    ASSERT_EQ(run.reading.extras.size(), 2U);
    EXPECT_EQ(run.reading.extras[0].type, "compaction");
    EXPECT_EQ(run.reading.extras[0].model, "");
    EXPECT_EQ(run.reading.extras[0].stated.value(UsageField::input), 55196);
    EXPECT_EQ(run.reading.extras[0].stated.value(UsageField::cache_write_1h), 7);
    EXPECT_EQ(run.reading.extras[1].model, "claude-b");
    EXPECT_EQ(run.reading.extras[1].stated.value(UsageField::output), 2);
}

TEST(AnthropicReader, DoesNotAddIterationsThatAreStatedAgain) {
    const std::string_view delta =
        R"({"type":"message_delta","delta":{},"usage":{"output_tokens":1,"iterations":[{"type":"compaction","input_tokens":5}]}})";
    const EventRun run = run_stream(read_anthropic_event, {delta, delta});
    EXPECT_EQ(run.reading.extras.size(), 1U);
}

TEST(AnthropicReader, BoundsTheIterations) {
    std::string body = R"({"type":"message","usage":{"input_tokens":1,"iterations":[)";
    for (std::size_t at = 0; at < kExtraUsagesMax + 10; ++at) {
        body += at == 0 ? "" : ",";
        body += R"({"type":"compaction","input_tokens":1})";
    }
    const EventRun run = run_whole(read_anthropic_event, body + "]}}");
    EXPECT_EQ(run.reading.extras.size(), kExtraUsagesMax);
    EXPECT_TRUE(run.is_read);
}

TEST(AnthropicReader, ReadsAnErrorInAStream) {
    const EventRun run = run_stream(
        read_anthropic_event,
        {kStart,
         R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"})"});

    EXPECT_TRUE(run.last.has_error);
    EXPECT_TRUE(run.reading.is_error);
    EXPECT_EQ(run.reading.error.type, "overloaded_error");
    EXPECT_EQ(run.reading.error.message, "Overloaded");
    EXPECT_EQ(run.reading.error_code, "overloaded_error");
    EXPECT_FALSE(run.reading.usage_present);
    EXPECT_EQ(run.reading.response_id, "msg_1");
}

TEST(AnthropicReader, NamesTheRequestOfAnError) {
    const EventRun run = run_whole(
        read_anthropic_event,
        R"({"type":"error","error":{"type":"rate_limit_error","message":"slow \"down\""},"request_id":"req_1"})");
    EXPECT_EQ(run.reading.response_id, "req_1");
    EXPECT_EQ(run.reading.error.message, "slow \"down\"");
}

TEST(AnthropicReader, ReadsGooglesErrorInItsPlace) {
    const EventRun run = run_whole(
        read_anthropic_event,
        R"([{"error":{"code":404,"message":"no such model","status":"NOT_FOUND"}}])");
    EXPECT_TRUE(run.is_read);
    EXPECT_EQ(run.reading.error.type, "NOT_FOUND");
    EXPECT_EQ(run.reading.error.code, (RawWord{"404", true}));
    EXPECT_EQ(run.reading.error_code, "NOT_FOUND");
}

TEST(AnthropicReader, CountsNothingThatServerToolsFound) {
    const EventRun run = run_whole(
        read_anthropic_event,
        R"({"type":"message","content":[{"type":"text","text":"ab"},
            {"type":"server_tool_use","input":{ "query" : "x y" }},
            {"type":"web_search_tool_result","content":[{"type":"web_search_result","title":"long","url":"u"}]},
            {"type":"tool_use","input":{}},{"type":"redacted_thinking","data":"AAAA"}]})");
    EXPECT_EQ(unescaped_text(run.reading.delivered_text), R"(ab{"query":"x y"})");
}

TEST(AnthropicReader, ReadsTheOldTextCompletions) {
    const EventRun run = run_stream(
        read_anthropic_event,
        {R"({"type":"completion","completion":" Hi","stop_reason":null,"model":"claude-2.1"})",
         R"({"type":"completion","completion":" you","stop_reason":"stop_sequence","model":"claude-2.1"})"});
    EXPECT_EQ(run.reading.delivered_text, " Hi you");
    EXPECT_EQ(run.reading.finish_reason, "stop_sequence");
    EXPECT_FALSE(run.reading.usage_present);
}

TEST(AnthropicReader, TellsAbsentAndNullFromZero) {
    const EventRun run = run_whole(
        read_anthropic_event,
        R"({"type":"message","usage":{"input_tokens":0,"cache_read_input_tokens":null,"cache_creation":null}})");
    EXPECT_TRUE(run.reading.usage_present);
    EXPECT_EQ(run.reading.stated.get(UsageField::input), 0);
    EXPECT_EQ(run.reading.stated.get(UsageField::cached_read), std::nullopt);
    EXPECT_EQ(run.reading.stated.get(UsageField::output), std::nullopt);
}

TEST(AnthropicReader, RefusesWhatIsNoObject) {
    for (const std::string_view text : kHostileTexts) {
        EXPECT_FALSE(run_whole(read_anthropic_event, text).is_read) << text;
    }
    for (const std::string_view text : kOddObjects) {
        const EventRun run = run_whole(read_anthropic_event, text);
        EXPECT_TRUE(run.is_read) << text;
        EXPECT_FALSE(run.reading.usage_present) << text;
    }
}

}  // namespace
}  // namespace pulse::llm
