#include "base/digest.h"
#include "base/hex.h"
#include "llm/framing/framing.h"
#include "llm/sse/sse_scanner.h"
#include "tests/golden/recorded_exchange.h"
#include "tests/unit/llm/stream_run.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

// What a caller gets of every recorded stream, in every framing.
namespace pulse::app {
namespace {

using llm::run_stream;
using llm::StreamRun;
using llm::StreamRunOptions;
using UsageChunk = llm::AnswerMeter::UsageChunk;

llm::AnswerSource source_of(const RecordedAnswer& answer) {
    return {
        .provider_kind = answer.provider,
        .api = answer.api,
        .is_stream = answer.is_stream,
        .status = answer.status,
        .content_type = answer.content_type,
        .model = answer.model_requested};
}

/// Runs `check` on each recorded stream that was one, naming it in failures.
template <class Check>
void for_each_stream(Check check) {
    if (recorded_exchanges().empty()) {
        GTEST_SKIP() << "no recorded exchanges in " << PULSE_FIXTURES_DIR;
    }
    int count = 0;
    for (const RecordedExchange& exchange : recorded_exchanges()) {
        const RecordedAnswer& answer = exchange.answer;
        const llm::Framing framing =
            llm::framing_of(answer.content_type, answer.api, answer.is_stream);
        const bool is_stream = answer.is_stream && answer.status == 200 &&
                               framing != llm::Framing::whole && framing != llm::Framing::unread;
        if (is_stream) {
            SCOPED_TRACE(exchange.name);
            check(exchange);
            ++count;
        }
    }
    EXPECT_GT(count, 150);
}

template <class Check>
void for_each_chat_stream(Check check) {
    for_each_stream([&check](const RecordedExchange& exchange) {
        if (exchange.answer.api == Api::chat_completions ||
            exchange.answer.api == Api::completions) {
            check(exchange);
        }
    });
}

std::string text_or_empty(const boost::json::object& object, std::string_view key) {
    const auto* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

StreamRun run_whole(const RecordedExchange& exchange) {
    return run_stream({exchange.answer.body}, {.source = source_of(exchange.answer)});
}

TEST(RecordedStreams, PassByteForByte) {
    for_each_stream([](const RecordedExchange& exchange) {
        const StreamRun run = run_whole(exchange);
        const std::string passed = run.shown + run.end;
        EXPECT_TRUE(exchange.answer.body.starts_with(passed));
        // Line feeds behind the terminator.
        const std::string rest = exchange.answer.body.substr(passed.size());
        EXPECT_EQ(rest.find_first_not_of("\r\n"), std::string::npos) << rest;
    });
}

TEST(RecordedStreams, HoldTheirEnd) {
    for_each_stream([](const RecordedExchange& exchange) {
        const StreamRun run = run_whole(exchange);
        EXPECT_EQ(run.end.empty(), exchange.expected.contains("stream_error") && !run.is_done);
        EXPECT_LT(run.end.size(), llm::AnswerMeter::kHeldBytesMax);
    });
}

TEST(RecordedStreams, EndWholeUnlessTheyBroke) {
    for_each_stream([](const RecordedExchange& exchange) {
        const StreamRun run = run_whole(exchange);
        const bool was_cut = text_or_empty(exchange.expected, "terminator") == "error";
        EXPECT_EQ(run.ended_whole, !was_cut);
        EXPECT_EQ(run.reading.is_error, exchange.expected.contains("stream_error"));
        EXPECT_TRUE(run.reading.is_readable);
    });
}

/// Whatever is missing at the end, it is not taken for a success.
TEST(RecordedStreams, AreCutWhenTheirEndIsMissing) {
    for_each_stream([](const RecordedExchange& exchange) {
        const StreamRun whole = run_whole(exchange);
        const std::string_view body = exchange.answer.body;
        const StreamRun cut = run_stream(
            {body.substr(0, whole.shown.size() / 2)}, {.source = source_of(exchange.answer)});
        EXPECT_FALSE(cut.is_done);
        EXPECT_TRUE(body.starts_with(cut.shown + cut.end));
    });
}

TEST(RecordedStreams, ReadTheSameInPieces) {
    const Money cost = Money::from_pico(1);
    std::mt19937 random{1};
    for_each_stream([&](const RecordedExchange& exchange) {
        const StreamRunOptions options{
            .source = source_of(exchange.answer), .usage_chunk = UsageChunk::show, .cost = &cost};
        const std::string& body = exchange.answer.body;
        const StreamRun whole = run_stream({body}, options);
        for (const std::size_t size :
             {std::size_t{1}, std::size_t{7}, std::size_t{random() % 1'000 + 8}}) {
            const StreamRun pieces = run_stream(llm::in_pieces(body, size), options);
            ASSERT_EQ(signature(pieces), signature(whole)) << size;
        }
    });
}

/// Assistant text of a chat stream, by another parser than ours.
struct StreamText {
    std::string visible;
    int usage_only_chunks = 0;
};

void add_text(const boost::json::object& chunk, StreamText& text) {
    const auto* choices = chunk.if_contains("choices");
    const auto* usage = chunk.if_contains("usage");
    const bool has_usage = usage != nullptr && usage->is_object() && !chunk.contains("error");
    if (choices == nullptr || !choices->is_array()) {
        return;
    }
    text.usage_only_chunks += has_usage && choices->as_array().empty() ? 1 : 0;
    for (const auto& choice : choices->as_array()) {
        const auto* delta = choice.as_object().if_contains("delta");
        text.visible += delta != nullptr && delta->is_object()
                            ? text_or_empty(delta->as_object(), "content")
                            : text_or_empty(choice.as_object(), "text");
    }
}

StreamText text_of(std::string_view stream) {
    StreamText text;
    llm::SseScanner scanner;
    scanner.feed(stream);
    llm::SseEvent event;
    while (scanner.next(event)) {
        boost::system::error_code error;
        const auto chunk = boost::json::parse(event.data, error);
        if (!error && chunk.is_object()) {
            add_text(chunk.as_object(), text);
        }
    }
    return text;
}

TEST(RecordedStreams, LoseTheUsageChunkAloneWhenItIsHidden) {
    for_each_chat_stream([](const RecordedExchange& exchange) {
        const StreamRun run = run_stream(
            {exchange.answer.body},
            {.source = source_of(exchange.answer), .usage_chunk = UsageChunk::hide});
        const StreamText shown = text_of(run.shown + run.end);
        EXPECT_EQ(shown.visible, text_of(exchange.answer.body).visible);
        EXPECT_EQ(shown.usage_only_chunks, 0);
    });
}

TEST(RecordedStreams, KeepTheirText) {
    for_each_chat_stream([](const RecordedExchange& exchange) {
        if (!exchange.expected.contains("text_sha256") || exchange.answer.provider == "writer") {
            return;
        }
        const StreamRun run = run_whole(exchange);
        const std::string text = text_of(run.shown + run.end).visible;
        const auto size = static_cast<std::int64_t>(text.size());
        EXPECT_EQ(to_hex(sha256(text)), text_or_empty(exchange.expected, "text_sha256"));
        EXPECT_GE(run.reading.delivered_text_bytes, size);
        if (run.reading.delivered_text_bytes == size && text.size() < llm::kDeliveredTextMax / 2) {
            EXPECT_EQ(llm::unescaped_text(run.reading.delivered_text), text);
        }
    });
}

}  // namespace
}  // namespace pulse::app
