#include "tests/unit/llm/stream_run.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <string>

// The end of a stream: cost in the usage chunk, streams that close without a terminator, and that
// the way a stream is split changes nothing.
namespace pulse::llm {
namespace {

using UsageChunk = AnswerMeter::UsageChunk;

const Money kCost = Money::from_pico(18'000'000);
const std::string kDone = "data: [DONE]\n\n";

std::string usage_event(const std::string& usage) {
    return R"(data: {"id":"c","choices":[],"usage":)" + usage +
           R"(,"obfuscation":"x}"})"
           "\n\n";
}

StreamRun with_cost(const std::string& stream, UsageChunk usage_chunk = UsageChunk::show) {
    return run_stream(
        {stream}, {.source = kChatStream, .usage_chunk = usage_chunk, .cost = &kCost});
}

TEST(StreamEnd, CostIsTheLastFieldOfUsage) {
    EXPECT_EQ(
        with_cost(usage_event(R"({"prompt_tokens":8,"completion_tokens":3})") + kDone).end,
        usage_event(R"({"prompt_tokens":8,"completion_tokens":3,"cost":0.000018})") + kDone);
}

TEST(StreamEnd, CostFindsTheBraceThatClosesUsage) {
    EXPECT_EQ(
        with_cost(
            usage_event(R"({"prompt_tokens_details":{"cached_tokens":0}, "x":"}" } )") + kDone)
            .end,
        usage_event(R"({"prompt_tokens_details":{"cached_tokens":0}, "x":"}" ,"cost":0.000018} )") +
            kDone);
}

TEST(StreamEnd, CostInAnEmptyUsageHasNoComma) {
    EXPECT_EQ(
        with_cost(usage_event("{ }") + kDone).end, usage_event(R"({ "cost":0.000018})") + kDone);
}

TEST(StreamEnd, CostIsANumberWithAllItsDigits) {
    const Money cost = Money::from_pico(Int128{123'456'789'012'345'678});
    const StreamRun run = run_stream(
        {usage_event(R"({"prompt_tokens":8})") + kDone},
        {.source = kChatStream, .usage_chunk = UsageChunk::show, .cost = &cost});

    EXPECT_NE(run.end.find(R"("cost":123456.789012345678})"), std::string::npos);
}

TEST(StreamEnd, TheProvidersOwnCostStays) {
    for (const std::string own : {"0.5", "null", R"({"total_cost":1})"}) {
        const std::string stream = usage_event(R"({"prompt_tokens":8,"cost":)" + own + "}") + kDone;
        EXPECT_EQ(with_cost(stream).end, stream);
    }
}

TEST(StreamEnd, CostIsNotShownWhenItIsSwitchedOff) {
    const std::string stream = usage_event(R"({"prompt_tokens":8})") + kDone;

    EXPECT_EQ(with_cost(stream, UsageChunk::show_unchanged).end, stream);
    EXPECT_EQ(with_cost(stream, UsageChunk::hide).end, kDone);
    EXPECT_EQ(
        run_stream({stream}, {.source = kChatStream, .usage_chunk = UsageChunk::show}).end, stream);
}

TEST(StreamEnd, CostGoesIntoTheLastUsageChunkOnly) {
    const std::string first = usage_event(R"({"prompt_tokens":8})");

    EXPECT_EQ(
        with_cost(first + first + kDone).end,
        first + usage_event(R"({"prompt_tokens":8,"cost":0.000018})") + kDone);
}

TEST(StreamEnd, CostGoesIntoAFinishChunkThatHoldsTheUsage) {
    const std::string before =
        "data: "
        "{\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":{"
        "\"prompt_tokens\":8";

    EXPECT_EQ(
        with_cost(before + "}}\n\n" + kDone).end, before + ",\"cost\":0.000018}}\n\n" + kDone);
}

TEST(StreamEnd, AUsageChunkInFrontOfContentPassesWithoutCost) {
    const std::string usage = usage_event(R"({"prompt_tokens":8})");
    const std::string content = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n";
    const StreamRun run = with_cost(usage + content + kDone);

    EXPECT_EQ(run.shown, usage + content);
    EXPECT_EQ(run.end, kDone);
}

TEST(StreamEnd, UsageOnSeveralDataLinesIsReadAndLeftAlone) {
    const std::string stream =
        "data: {\"choices\":[],\ndata: \"usage\":{\"prompt_tokens\":8}}\n\n" + kDone;
    const StreamRun run = with_cost(stream);

    EXPECT_EQ(run.end, stream);
    EXPECT_EQ(run.reading.usage.input_uncached, 8);
}

TEST(StreamEnd, ATerminatorWithoutItsBlankLineCounts) {
    const StreamRun run = run_stream({usage_event(R"({"prompt_tokens":8})") + "data: [DONE]"});

    EXPECT_TRUE(run.is_done);
    EXPECT_EQ(run.end, usage_event(R"({"prompt_tokens":8})") + kDone);
}

TEST(StreamEnd, AWholeUsageChunkWithoutItsBlankLineCounts) {
    const std::string usage = usage_event(R"({"prompt_tokens":8})");
    const StreamRun run = run_stream({std::string_view{usage}.substr(0, usage.size() - 1)});

    EXPECT_FALSE(run.is_done);
    EXPECT_TRUE(run.reading.usage_present);
    EXPECT_EQ(run.end, usage);
}

TEST(StreamEnd, ATornEventIsDropped) {
    const std::string content = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n";
    const std::string usage = usage_event(R"({"prompt_tokens":8})");
    for (std::size_t size = 1; size < usage.size() - 3; ++size) {
        const StreamRun run = run_stream({content + usage.substr(0, size)});
        ASSERT_EQ(run.end, "") << size;
        ASSERT_FALSE(run.reading.usage_present) << size;
        ASSERT_FALSE(run.is_done);
    }
}

TEST(StreamEnd, NothingIsAddedToAStreamThatIsNotClosed) {
    const StreamRun run = run_stream({"data: [DONE]"}, {.source = kChatStream, .is_closed = false});

    EXPECT_FALSE(run.is_done);
    EXPECT_EQ(run.shown + run.end, "");
}

/// A stream with everything that matters, with `line_end`.
std::string rich_stream(const std::string& line_end) {
    const std::string text =
        "\xEF\xBB\xBF: OPENROUTER PROCESSING\n\n"
        "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[],\"prompt_filter_results\":[]}\n\n"
        "data: "
        "{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"h\xC3\xA9\"}}],"
        "\"usage\":null}\n\n"
        "event: ping\ndata: {}\n\n"
        "data: {\"choices\":[{\"index\":1,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
        "data:{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"function\":{\"arguments\":"
        "\"{\\\"a\\\"\"}}]}}]}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\n"
        "data: \"finish_reason\":\"tool_calls\"}],\"x_groq\":{\"usage\":{\"prompt_tokens\":5}}}\n\n"
        ": wait\n\n\n"
        "id: 7\ndata: "
        "{\"choices\":[],\"service_tier\":\"default\",\"usage\":{\"prompt_tokens\":9,\"completion_"
        "tokens\":4,"
        "\"prompt_tokens_details\":{\"cached_tokens\":2}}}\n\n"
        "data: [DONE]\n\n"
        "data: {\"choices\":[]}\n\n";
    std::string out;
    for (const char character : text) {
        out += character == '\n' ? line_end : std::string(1, character);
    }
    return out;
}

struct SplitCase {
    std::string line_end;
    UsageChunk usage_chunk;
};

class SplitStream : public testing::TestWithParam<SplitCase> {
protected:
    [[nodiscard]] static StreamRunOptions options() {
        return {.source = kChatStream, .usage_chunk = GetParam().usage_chunk, .cost = &kCost};
    }
};

TEST_P(SplitStream, GivesTheSameAtEveryPosition) {
    const std::string stream = rich_stream(GetParam().line_end);
    const std::string whole = signature(run_stream({stream}, options()));
    for (std::size_t at = 0; at <= stream.size(); ++at) {
        const std::string_view text = stream;
        ASSERT_EQ(signature(run_stream({text.substr(0, at), text.substr(at)}, options())), whole)
            << at;
    }
}

TEST_P(SplitStream, GivesTheSameInPiecesOfEverySize) {
    const std::string stream = rich_stream(GetParam().line_end);
    const std::string whole = signature(run_stream({stream}, options()));
    for (std::size_t size = 1; size < 40; ++size) {
        ASSERT_EQ(signature(run_stream(in_pieces(stream, size), options())), whole) << size;
    }
}

TEST_P(SplitStream, IsReadRight) {
    const StreamRun run = run_stream({rich_stream(GetParam().line_end)}, options());

    EXPECT_EQ(run.reading.usage, (Usage{.input_uncached = 7, .cached_read = 2, .output_total = 4}));
    EXPECT_EQ(run.reading.finish_reason, "tool_calls");
    EXPECT_EQ(run.reading.service_tier, "default");
    EXPECT_EQ(run.reading.delivered_text_bytes, 3 + 4);
    EXPECT_TRUE(run.reading.is_readable);
    EXPECT_TRUE(run.is_done);
}

INSTANTIATE_TEST_SUITE_P(
    All,
    SplitStream,
    testing::Values(
        SplitCase{"\n", UsageChunk::show},
        SplitCase{"\n", UsageChunk::hide},
        SplitCase{"\r\n", UsageChunk::show},
        SplitCase{"\r\n", UsageChunk::hide},
        SplitCase{"\r", UsageChunk::show_unchanged}));

}  // namespace
}  // namespace pulse::llm
