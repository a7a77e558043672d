#include "llm/answer_meter.h"

#include "tests/unit/llm/stream_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace pulse::llm {
namespace {

const std::string kContent =
    "data: "
    "{\"id\":\"c-1\",\"model\":\"gpt\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hé\"},"
    "\"finish_reason\":null}],"
    "\"usage\":null}\n\n";
const std::string kFinish =
    "data: "
    "{\"id\":\"c-1\",\"model\":\"gpt\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":"
    "\"stop\"}],\"usage\":null}\n\n";
const std::string kUsage =
    "data: "
    "{\"id\":\"c-1\",\"model\":\"gpt\",\"choices\":[],\"usage\":{\"prompt_tokens\":8,\"completion_"
    "tokens\":3}}\n\n";
const std::string kDone = "data: [DONE]\n\n";

using UsageChunk = AnswerMeter::UsageChunk;

TEST(AnswerMeter, ReadsAnOrdinaryStream) {
    const StreamRun run = run_stream({kContent + kContent + kFinish + kUsage + kDone});

    EXPECT_EQ(run.reading.usage, (Usage{.input_uncached = 8, .output_total = 3}));
    EXPECT_TRUE(run.reading.usage_present);
    EXPECT_EQ(run.reading.model, "gpt");
    EXPECT_EQ(run.reading.response_id, "c-1");
    EXPECT_EQ(run.reading.finish_reason, "stop");
    EXPECT_EQ(run.reading.delivered_text_bytes, 6);
    EXPECT_TRUE(run.reading.is_readable);
    EXPECT_FALSE(run.reading.is_error);
    EXPECT_TRUE(run.is_done);
}

TEST(AnswerMeter, ContentPassesAtOnceAndNotBeforeItIsWhole) {
    AnswerMeter meter;
    meter.reset(kChatStream, UsageChunk::show);
    std::vector<std::string_view> parts;

    meter.feed(kContent.substr(0, kContent.size() - 1), parts);
    EXPECT_TRUE(parts.empty());
    meter.feed("\n", parts);

    ASSERT_EQ(parts.size(), 1U);
    EXPECT_EQ(parts[0], kContent);
}

TEST(AnswerMeter, NeighbouringEventsLeaveAsOnePart) {
    AnswerMeter meter;
    meter.reset(kChatStream, UsageChunk::show);
    const std::string input = kContent + ": ping\n\n" + kContent + "data: {\"x";
    std::vector<std::string_view> parts;

    meter.feed(input, parts);

    ASSERT_EQ(parts.size(), 1U);
    EXPECT_EQ(parts[0], kContent + ": ping\n\n" + kContent);
    EXPECT_EQ(parts[0].data(), input.data());
}

TEST(AnswerMeter, TheEndIsHeldUntilItIsTaken) {
    AnswerMeter meter;
    meter.reset(kChatStream, UsageChunk::show);
    const std::string input = kContent + kFinish + kUsage + kDone;
    std::vector<std::string_view> parts;

    meter.feed(input, parts);

    ASSERT_EQ(parts.size(), 1U);
    EXPECT_EQ(parts[0], kContent);
    EXPECT_TRUE(meter.is_done());
    EXPECT_TRUE(meter.has_held());
    std::string end;
    meter.take_end(nullptr, end);
    EXPECT_EQ(end, kFinish + kUsage + kDone);
    EXPECT_FALSE(meter.has_held());
}

TEST(AnswerMeter, WhatWasHeldGoesInFrontOfContentBehindIt) {
    const StreamRun apart = run_stream({kContent + kFinish, kUsage, kContent, kDone});
    const StreamRun together =
        run_stream({kContent + kFinish + kUsage + kContent + kFinish + kContent + kDone});

    EXPECT_EQ(apart.shown, kContent + kFinish + kUsage + kContent);
    EXPECT_EQ(apart.end, kDone);
    EXPECT_EQ(together.shown, kContent + kFinish + kUsage + kContent + kFinish + kContent);
    EXPECT_EQ(together.end, kDone);
}

TEST(AnswerMeter, CommentsAndEmptyChunksBehindTheFinishAreHeldInOrder) {
    const std::string empty = "data: {\"choices\":[{\"index\":0,\"delta\":{}}]}\n\n";
    const StreamRun run =
        run_stream({": a\n\n" + kContent + kFinish + ": b\n\n" + empty + kUsage + kDone});

    EXPECT_EQ(run.shown, ": a\n\n" + kContent);
    EXPECT_EQ(run.end, kFinish + ": b\n\n" + empty + kUsage + kDone);
}

TEST(AnswerMeter, HoldsNoMoreThanItsBound) {
    std::string comments;
    for (std::size_t size = 0; size < AnswerMeter::kHeldBytesMax + 10'000; size += 1'000) {
        comments += ":" + std::string(997, '.') + "\n\n";
    }
    const StreamRun run = run_stream({kFinish + comments + kDone});

    EXPECT_GT(run.shown.size(), AnswerMeter::kHeldBytesMax);
    EXPECT_EQ(run.shown + run.end, kFinish + comments + kDone);
}

TEST(AnswerMeter, NothingPassesBehindTheTerminator) {
    const StreamRun run = run_stream({kContent + kDone + kContent, kContent, ": x\n\n"});

    EXPECT_EQ(run.shown, kContent);
    EXPECT_EQ(run.end, kDone);
    EXPECT_EQ(run.reading.delivered_text_bytes, 3);
}

TEST(AnswerMeter, ABrokenEndHasNoTerminator) {
    const StreamRun run = run_stream(
        {kContent + kFinish + kUsage + kDone}, {.source = kChatStream, .is_broken = true});
    const StreamRun nothing =
        run_stream({kContent + kDone}, {.source = kChatStream, .is_broken = true});

    EXPECT_EQ(run.end, kFinish + kUsage);
    EXPECT_EQ(nothing.end, "");
}

TEST(AnswerMeter, HidesTheUsageChunkWhenAskedTo) {
    const StreamRun run = run_stream(
        {kContent + kFinish + kUsage + kDone},
        {.source = kChatStream, .usage_chunk = UsageChunk::hide});

    EXPECT_EQ(run.shown + run.end, kContent + kFinish + kDone);
    EXPECT_TRUE(run.reading.usage_present);
}

struct Kept {
    std::string name;
    std::string chunk;
};

class KeptChunk : public testing::TestWithParam<Kept> {};

TEST_P(KeptChunk, IsNotHidden) {
    const std::string event = "data: " + GetParam().chunk + "\n\n";

    const StreamRun run =
        run_stream({event + kDone}, {.source = kChatStream, .usage_chunk = UsageChunk::hide});

    EXPECT_EQ(run.shown + run.end, event + kDone);
}

INSTANTIATE_TEST_SUITE_P(
    All,
    KeptChunk,
    testing::Values(
        Kept{"null usage", R"({"choices":[],"usage":null})"},
        Kept{"no usage", R"({"choices":[],"prompt_filter_results":[{"prompt_index":0}]})"},
        Kept{
            "usage in a content chunk",
            R"({"choices":[{"delta":{"content":"x"}}],"usage":{"prompt_tokens":1}})"},
        Kept{
            "usage in a finish chunk",
            R"({"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}})"},
        Kept{"no choices at all", R"({"usage":{"prompt_tokens":1}})"},
        Kept{"null choices", R"({"choices":null,"usage":{"prompt_tokens":1}})"},
        Kept{"an error", R"({"choices":[],"usage":{"prompt_tokens":1},"error":{"message":"m"}})"}),
    [](const auto& tested) {
        std::string name = tested.param.name;
        std::replace(name.begin(), name.end(), ' ', '_');
        return name;
    });

/// Chunks that are known again (detail/repeated_event.h) are read as if they were not.
TEST(AnswerMeter, ARepeatedChunkIsReadLikeTheFirst) {
    const auto chunk = [](const std::string& model, const std::string& text) {
        return "data: {\"model\":\"" + model + "\",\"choices\":[{\"delta\":{\"content\":\"" + text +
               "\"}}],\"obfuscation\":\"x\"}\n\n";
    };
    const StreamRun run = run_stream(
        {chunk("a", "one ") + chunk("a", "\\u00e9 ") + chunk("b", "two ") + chunk("a", "three") +
         chunk("a", "\xC3\xA9")});

    EXPECT_EQ(run.reading.model, "a");
    EXPECT_EQ(unescaped_text(run.reading.delivered_text), "one \xC3\xA9 two three\xC3\xA9");
    EXPECT_EQ(run.reading.delivered_text_bytes, 18);
    EXPECT_TRUE(run.reading.is_readable);
    EXPECT_FALSE(run_stream({chunk("a", "1") + chunk("a", "\xFF")}).reading.is_readable);
    EXPECT_FALSE(run_stream({chunk("a", "1") + chunk("a", "\n")}).reading.is_readable);
}

TEST(AnswerMeter, TheLastUsageWins) {
    const std::string first =
        "data: "
        "{\"choices\":[{\"delta\":{\"content\":\"x\"}}],\"usage\":{\"prompt_tokens\":8,"
        "\"completion_tokens\":1}}\n\n";
    const StreamRun run = run_stream({first + kUsage + kFinish + kDone});

    EXPECT_EQ(run.reading.usage.output_total, 3);
}

TEST(AnswerMeter, ReadsGroqsUsageOnceWhereverItStands) {
    const std::string groq =
        R"("x_groq":{"id":"r","usage":{"prompt_tokens":12,"completion_tokens":26,"total_time":0.1}})";
    const std::string alone =
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]," + groq + "}\n\n";
    const std::string both =
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":"
        "{\"prompt_tokens\":12,\"completion_tokens\":27}," +
        groq + "}\n\n";

    EXPECT_EQ(
        run_stream({alone + kDone}).reading.usage,
        (Usage{.input_uncached = 12, .output_total = 26}));
    EXPECT_EQ(
        run_stream({both + kDone}).reading.usage,
        (Usage{.input_uncached = 12, .output_total = 27}));
}

TEST(AnswerMeter, AnErrorChunkPassesAndIsRead) {
    const std::string error =
        "data: {\"error\":{\"message\":\"m\",\"type\":\"server_error\",\"code\":null}}\n\n";
    const StreamRun run = run_stream({kContent + kFinish + error + kDone});

    EXPECT_TRUE(run.reading.is_error);
    EXPECT_EQ(run.reading.error_code, "server_error");
    EXPECT_EQ(run.shown, kContent + kFinish + error);
    EXPECT_TRUE(run.is_done);
}

TEST(AnswerMeter, AnErrorEventIsOneByItsName) {
    const std::string named =
        "event: error\ndata: {\"message\":\"m\",\"code\":\"tool_use_failed\"}\n\n";
    const StreamRun run = run_stream({kContent + named});

    EXPECT_TRUE(run.reading.is_error);
    EXPECT_EQ(run.reading.error_code, "tool_use_failed");
    EXPECT_EQ(run.shown, kContent + named);
    EXPECT_FALSE(run.is_done);
}

TEST(AnswerMeter, FinishReasonIsTheLastOneStated) {
    const std::string second =
        "data: {\"choices\":[{\"index\":1,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n";

    EXPECT_EQ(run_stream({kFinish + second + kDone}).reading.finish_reason, "length");
    EXPECT_EQ(run_stream({second + kFinish + kDone}).reading.finish_reason, "stop");
}

TEST(AnswerMeter, LegacyCompletionsHaveTextInTheirChunks) {
    const std::string chunk =
        "data: {\"choices\":[{\"text\":\" that\",\"index\":0,\"finish_reason\":null}]}\n\n";
    const StreamRun run = run_stream({chunk + chunk + kDone});

    EXPECT_EQ(run.reading.delivered_text_bytes, 10);
    EXPECT_EQ(run.shown, chunk + chunk);
}

struct Text {
    std::string delta;
    std::int64_t bytes;
};

class DeliveredText : public testing::TestWithParam<Text> {};

TEST_P(DeliveredText, IsCounted) {
    const std::string chunk = "data: {\"choices\":[{\"delta\":" + GetParam().delta + "}]}\n\n";

    EXPECT_EQ(run_stream({chunk}).reading.delivered_text_bytes, GetParam().bytes);
}

INSTANTIATE_TEST_SUITE_P(
    All,
    DeliveredText,
    testing::Values(
        Text{R"({"content":"abc"})", 3},
        Text{R"({"content":"\"\u00e9\ud83d\ude00\n"})", 8},
        Text{R"({"content":null,"refusal":"no"})", 2},
        Text{R"({"reasoning_content":"hmm"})", 3},
        Text{R"({"reasoning":"hmm","reasoning_content":"hmm"})", 3},
        Text{
            R"({"tool_calls":[{"function":{"name":"f","arguments":"{\"a"}},{"function":{"arguments":"\":1}"}}]})",
            7},
        Text{R"({"function_call":{"arguments":"{}"}})", 2},
        Text{R"({"role":"assistant"})", 0}));

TEST(AnswerMeter, WhatIsNoJsonPassesAndIsNotReadable) {
    const std::string broken = "data: {\"choices\":[\n\n";
    const StreamRun run = run_stream({kContent + broken + kUsage + kDone});

    EXPECT_EQ(run.shown, kContent + broken);
    EXPECT_FALSE(run.reading.is_readable);
    EXPECT_TRUE(run.reading.usage_present);
}

TEST(AnswerMeter, EmptyDataIsAHeartBeat) {
    const StreamRun run = run_stream({"data:\n\ndata: \n\n" + kContent + kDone});

    EXPECT_TRUE(run.reading.is_readable);
    EXPECT_EQ(run.shown, "data:\n\ndata: \n\n" + kContent);
}

TEST(AnswerMeter, AnEventAboveTheLimitPassesUnread) {
    const std::string large = "data: {\"choices\":[{\"delta\":{\"content\":\"" +
                              std::string(AnswerMeter::kEventBytesMax, 'x') + "\"}}]}\n\n";
    const std::string stream = kContent + large + kFinish + kUsage + kDone;

    const StreamRun whole = run_stream({stream});
    const StreamRun split = run_stream(in_pieces(stream, 100'000));

    EXPECT_FALSE(whole.reading.is_readable);
    EXPECT_EQ(whole.shown, kContent + large);
    EXPECT_EQ(whole.end, kFinish + kUsage + kDone);
    EXPECT_EQ(signature(split), signature(whole));
}

TEST(AnswerMeter, IsNewAfterReset) {
    AnswerMeter meter;
    std::vector<std::string_view> parts;
    meter.reset(kChatStream, UsageChunk::hide);
    meter.feed(kContent + kUsage + kDone, parts);

    meter.reset(kChatStream, UsageChunk::show);

    EXPECT_FALSE(meter.is_done());
    EXPECT_FALSE(meter.has_held());
    EXPECT_FALSE(meter.reading().usage_present);
    EXPECT_EQ(meter.reading().model, "");
    parts.clear();
    meter.feed(kContent, parts);
    EXPECT_EQ(parts.at(0), kContent);
}

}  // namespace
}  // namespace pulse::llm
